# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a pair has texture nearby, without which no disparity can be known."""

from __future__ import annotations

import cv2
import numpy as np

from crestereo_ros.grey import grey
from crestereo_ros.validity.left_right import sampled_at_match

# All lengths are in pixels of an image of this width, where most camera noise is averaged away.
WIDTH = 320
WINDOW = 9
REACH = 64  # how far the network extends what it knows into a bare surface
# Standard deviations in grey levels: below the first is noise, above the second is texture.
NOISE, TEXTURE = 2.0, 4.0


def texture_support(left: np.ndarray, right: np.ndarray, disparity: np.ndarray) -> np.ndarray:
    """
    Return how far the texture of both images supports the disparity of each pixel.

    :param left: uint8 (H, W, 3) BGR or (H, W) grey
    :param right: the same
    :param disparity: float32 (H, W), pixels, finite
    :returns: float32 (H, W): 0 where one of the images has only noise within reach, 1 where both
        have texture
    """
    height, width = disparity.shape
    small = resized(disparity) * np.float32(min(1.0, WIDTH / width))
    support = np.minimum(_support(left), sampled_at_match(_support(right), small))
    return cv2.resize(support, (width, height), interpolation=cv2.INTER_LINEAR)


def resized(image: np.ndarray) -> np.ndarray:
    """Return an image scaled to the width `WIDTH`, or unchanged if it is not wider."""
    height, width = image.shape[:2]
    if width <= WIDTH:
        return image
    size = WIDTH, max(1, round(height * WIDTH / width))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def deviation(image: np.ndarray) -> np.ndarray:
    """
    Return the standard deviation around each pixel of an image at the size of `resized`.

    :param image: uint8 (H, W, 3) BGR or (H, W) grey
    :returns: float32, grey levels
    """
    picture = resized(grey(image)).astype(np.float32)
    mean = cv2.blur(picture, (WINDOW, WINDOW))
    variance = cv2.blur(picture * picture, (WINDOW, WINDOW)) - mean * mean
    return np.sqrt(np.maximum(variance, 0))


def _support(image: np.ndarray) -> np.ndarray:
    # As bytes, whose maximum is the fastest to find.
    share = (deviation(image) - NOISE) * (255 / (TEXTURE - NOISE))
    around = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
    return cv2.dilate(np.clip(share, 0, 255).astype(np.uint8), around).astype(np.float32) / 255
