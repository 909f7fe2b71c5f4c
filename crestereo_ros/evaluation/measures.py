# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Measures of a disparity against the truth.

End-point error and bad pixels are those of the Middlebury benchmark
(vision.middlebury.edu/stereo), D1 is that of KITTI 2015 (cvlibs.net/datasets/kitti). All are
computed over the pixels whose truth is known and, except for the density, whose disparity is
known. Values that are not finite are unknown. A mask, bool (H, W), excludes further pixels where
it is False. If no pixel is left, the result is NaN.
"""

from __future__ import annotations

import numpy as np


def end_point_error(
    disparity: np.ndarray, truth: np.ndarray, mask: np.ndarray | None = None
) -> float:
    """
    Return the mean absolute error.

    :param disparity: float (H, W), pixels
    :param truth: float (H, W), pixels
    :returns: pixels
    """
    return _mean(_errors(disparity, truth, mask)[0])


def bad(
    disparity: np.ndarray,
    truth: np.ndarray,
    threshold: float = 2.0,
    mask: np.ndarray | None = None,
) -> float:
    """
    Return the share of pixels with an error above a threshold.

    :param disparity: float (H, W), pixels
    :param truth: float (H, W), pixels
    :param threshold: pixels
    :returns: 0 to 1
    """
    return _mean(_errors(disparity, truth, mask)[0] > threshold)


def d1(disparity: np.ndarray, truth: np.ndarray, mask: np.ndarray | None = None) -> float:
    """
    Return the share of pixels with an error above 3 pixels and 5 % of the truth.

    :param disparity: float (H, W), pixels
    :param truth: float (H, W), pixels
    :returns: 0 to 1
    """
    errors, known = _errors(disparity, truth, mask)
    return _mean((errors > 3) & (errors > 0.05 * np.abs(known)))


def density(disparity: np.ndarray, truth: np.ndarray, mask: np.ndarray | None = None) -> float:
    """
    Return the share of the pixels with known truth that have a disparity.

    :param disparity: float (H, W), pixels
    :param truth: float (H, W), pixels
    :returns: 0 to 1
    """
    return _mean(np.isfinite(disparity[_known(truth, mask)]))


def _errors(
    disparity: np.ndarray, truth: np.ndarray, mask: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    # Return the absolute errors and the truth of the pixels that count.
    counts = _known(truth, mask) & np.isfinite(disparity)
    return np.abs(disparity[counts] - truth[counts]), truth[counts]


def _known(truth: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    known = np.isfinite(truth)
    return known if mask is None else known & mask


def _mean(values: np.ndarray) -> float:
    return float(values.mean(dtype=np.float64)) if values.size else float('nan')
