# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Draw the pictures of the documentation that no other command writes.

    make pictures

The comment before each picture in README and docs has the command that made it.
"""

from pathlib import Path

import cv2
import numpy as np

from crestereo_ros import DepthPipeline, DepthSettings, RectifiedPair, StereoMatcher
from crestereo_ros.pictures import DisparityRange, side_by_side
from crestereo_ros.preparation import FramePreparation, ImageSize
from crestereo_ros.sources import open_source
from training.evaluation.pairs import rooms, SHARED

IMAGES = Path(__file__).parent / 'images'


def draw(name: str, left: np.ndarray, right: np.ndarray, resolution: str) -> None:
    """Draw the left image and its disparity, as the default network of the command gives it."""
    settings = DepthSettings.of({'resolution': resolution})
    result = DepthPipeline(StereoMatcher(), settings).process(RectifiedPair(left, right))
    disparity = np.where(result.known, result.disparity, np.nan)
    picture = side_by_side(left, disparity, DisparityRange().update(disparity))
    cv2.imwrite(str(IMAGES / name), picture)


def phone() -> None:
    """Draw two photographs by a phone that was moved in between."""
    folder = SHARED / 'samples/phone_pairs'
    source = open_source(str(folder / 'totoro_left.jpg'), str(folder / 'totoro_right.jpg'))
    frame = FramePreparation(align=True, by_frames=True, resize=ImageSize((720, 540))).prepare(
        next(iter(source))
    )
    draw('phone.jpg', frame.left, frame.right, 'fine')


def room() -> None:
    """Draw a rendered room of a kind that is not trained on."""
    (pair,) = rooms(1)
    draw('room.png', pair.left, pair.right, 'image')


if __name__ == '__main__':
    phone()
    room()
