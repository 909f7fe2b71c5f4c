# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Compares two disparities of any sizes: all measures at once, and signs of another unit."""

from __future__ import annotations

import cv2
import numpy as np

from crestereo_ros.evaluation.measures import bad, d1, density, end_point_error

THRESHOLDS = 0.5, 1, 2, 4  # pixels, for bad pixels
UNITS = 256, 16  # factors in files of integers: KITTI's, and OpenCV's matchers'
TOLERANCE = 1.2  # a factor; the same unit differs less from the truth, other units more


def scaled_disparity(disparity: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """
    Scale a disparity to another size, and its values by the width.

    :param disparity: float32 (H, W), pixels
    :param shape: (height, width)
    :returns: float32 of that shape, interpolated between known pixels; next to unknown ones, the
        value of the nearest pixel
    """
    known = np.where(np.isfinite(disparity), disparity, np.float32(np.nan))
    size = shape[1], shape[0]
    nearest = cv2.resize(known, size, interpolation=cv2.INTER_NEAREST_EXACT)
    between = cv2.resize(known, size, interpolation=cv2.INTER_LINEAR)
    between = np.where(np.isfinite(between) & np.isfinite(nearest), between, nearest)
    return between * np.float32(shape[1] / disparity.shape[1])


def disparity_figures(
    disparity: np.ndarray, truth: np.ndarray, mask: np.ndarray | None = None
) -> dict[str, float]:
    """
    Return all measures of a disparity.

    :param disparity: float (H, W), pixels
    :param truth: float (H, W), pixels
    :param mask: bool (H, W), False for pixels that do not count
    :returns: by name: `end_point_error` in pixels; `bad_0.5` and so on, `d1` and `density`, 0 to 1
    """
    return {
        'end_point_error': end_point_error(disparity, truth, mask),
        **{f'bad_{limit:g}': bad(disparity, truth, limit, mask) for limit in THRESHOLDS},
        'd1': d1(disparity, truth, mask),
        'density': density(disparity, truth, mask),
    }


def unit_factor(disparity: np.ndarray, truth: np.ndarray) -> float:
    """
    Return the factor between the units of two disparities: 256, 16, 1/16, 1/256, or else 1.

    :param disparity: float, the pixels that are known in both
    :param truth: the same pixels
    """
    median, expected = np.median(disparity), np.median(truth)
    if median <= 0 or expected <= 0:
        return 1.0
    for factor in (*UNITS, *(1 / unit for unit in UNITS)):
        if 1 / TOLERANCE < median / expected / factor < TOLERANCE:
            return factor
    return 1.0
