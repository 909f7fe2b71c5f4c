# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Finds pixels between two surfaces, where a disparity was scaled up or is blurred."""

from __future__ import annotations

import math

import cv2
import numpy as np

REACH = 1.5  # pixels of the network over which an edge may be blurred, to each side
MAX_SLOPE = 0.5  # of a surface, in pixels of disparity per pixel


def reach_of(scale: float) -> int:
    """
    Return how far an edge may be blurred to each side, in whole pixels of the image.

    :param scale: how many pixels of the image one pixel of the network covers
    """
    return math.ceil(REACH * max(scale, 1.0))


def extremes(disparity: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the largest and the smallest disparity within the reach of every pixel.

    :param disparity: float32 (H, W), pixels
    :param scale: as for `reach_of`
    :returns: float32 (H, W) each
    """
    side = 2 * reach_of(scale) + 1
    around = np.ones((side, side), np.uint8)
    return cv2.dilate(disparity, around), cv2.erode(disparity, around)


def flying_pixels(disparity: np.ndarray, scale: float) -> np.ndarray:
    """
    Find the pixels between two surfaces that belong to neither.

    They differ from the largest and from the smallest disparity around them by more than a
    surface's slope explains.

    :param disparity: float32 (H, W), pixels
    :param scale: as for `reach_of`
    :returns: bool (H, W)
    """
    nearest, farthest = extremes(disparity, scale)
    apart = np.float32(MAX_SLOPE * reach_of(scale))
    return (nearest - disparity > apart) & (disparity - farthest > apart)
