# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Rectifies pairs by their calibration, unless they are rectified already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from crestereo_ros.calibration import (
    CalibrationError,
    RectifiedImages,
    StereoCalibration,
    StereoRectifier,
)
from crestereo_ros.messages.topics import is_rectified_topic
from crestereo_ros.nodes.depth.calibration_input import NoDepth
from crestereo_ros.pairing import Side


@dataclass(frozen=True)
class Rectification:
    """
    What was done to a pair.

    `state`: text for users. `obstacle`: why it is not rectified although it should be, or empty.
    """

    state: str
    obstacle: str = ''


class PairRectifier:
    """Rectifies the pairs that need it."""

    def __init__(self) -> None:
        self._rectifier = StereoRectifier()

    def rectify(
        self,
        images: Mapping[Side, np.ndarray],
        topics: Mapping[Side, str],
        calibration: StereoCalibration | NoDepth,
        mode: str,
    ) -> tuple[RectifiedImages, Rectification]:
        """
        Rectify the images of one pair that need it.

        :param images: of one size
        :param topics: full names of the images' topics
        :param calibration: of images of this size
        :param mode: 'on', 'off', or 'auto' for images whose topic names do not say that they are
            rectified
        :returns: the images, unchanged where nothing was needed, and what was done
        """
        left, right = (images[side] for side in Side)
        unchanged = RectifiedImages(left, right)
        if mode == 'off':
            return unchanged, Rectification('off')
        raw = [side for side in Side if mode == 'on' or not is_rectified_topic(topics[side])]
        if not raw:
            return unchanged, Rectification('not needed, the topic names say rectified')
        if isinstance(calibration, NoDepth):
            return unchanged, Rectification('impossible', calibration.reason)
        try:
            rectified = self._rectifier.rectify(
                left, right, calibration, [side.value for side in raw]
            )
        except CalibrationError as error:
            return unchanged, Rectification('impossible', f'{error.side} camera_info: {error}')
        if not rectified.changed:
            return rectified, Rectification('not needed, camera_info leaves nothing to do')
        names = ' and '.join(topics[side] for side in raw)
        return rectified, Rectification(f'{names} by camera_info')
