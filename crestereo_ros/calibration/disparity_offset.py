# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""By how much all disparities of a rig are too large, from walls at known distances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np

from crestereo_ros.calibration.errors import CalibrationError

PARTS = 5  # of the wall, along each side
LEAST_KNOWN = 0.5  # share of the pixels of the wall


@dataclass(frozen=True)
class Wall:
    """
    What a wall measures.

    `disparity`: in pixels, the median. `spread`: by how much its parts differ, a standard
    deviation in pixels: what an uneven disparity, a tilt and a lens that bends leave.
    """

    disparity: float
    spread: float


@dataclass(frozen=True)
class DisparityOffset:
    """
    What walls say of a rig, each number with its standard uncertainty.

    `pixels`: by which all disparities are too large. `product`: of focal length and baseline, in
    pixels times metres; NaN for one wall, which cannot tell it. `residuals`: in pixels, how far
    each wall is from what follows from both numbers.
    """

    pixels: float
    uncertainty: float
    product: float
    product_uncertainty: float
    residuals: tuple[float, ...]


def measure_wall(disparity: np.ndarray) -> Wall:
    """
    Return the disparity of a wall that fills an image.

    :param disparity: float (H, W), in pixels, not finite where it is unknown
    :raises CalibrationError: if too little of it is known
    """
    known = np.isfinite(disparity)
    if not known.size or known.mean() < LEAST_KNOWN:
        share = known.mean() if known.size else 0.0
        raise CalibrationError(
            f'only {share:.0%} of the wall is known: choose a wall with texture, or a region of it'
        )
    parts = [
        part
        for rows in np.array_split(disparity, PARTS)
        for part in np.array_split(rows, PARTS, axis=1)
    ]
    medians = [np.median(x[np.isfinite(x)]) for x in parts if np.isfinite(x).any()]
    spread = float(np.std(medians, ddof=1)) if len(medians) > 1 else 0.0
    return Wall(float(np.median(disparity[known])), spread)


def find_offset(
    walls: Sequence[Wall],
    distances: Sequence[float],
    distance_error: float,
    product: float | None = None,
) -> DisparityOffset:
    """
    Return the offset that makes `disparity - offset` equal to `product / distance`.

    :param walls: each with the principal offset subtracted from its disparity
    :param distances: of the walls from the left camera, in metres
    :param distance_error: standard uncertainty of each distance, in metres
    :param product: of focal length and baseline, if it is to be relied on; None to find it too,
        which takes two distances
    :raises CalibrationError: if there are too few distances, or they are too much alike
    """
    inverse = 1 / np.asarray(distances, float)
    if product is None and np.ptp(inverse) < 1e-9:
        raise CalibrationError('walls at two different distances are needed without a calibration')
    measured = np.array([wall.disparity for wall in walls])
    if np.ptp(inverse):
        near = product or (np.ptp(measured) / np.ptp(inverse))
    else:
        near = product or 0.0
    spreads = np.array([wall.spread for wall in walls])
    # No wall is better than a hundredth of a pixel, and none without weight.
    sigma = np.sqrt(spreads**2 + (near * inverse**2 * distance_error) ** 2).clip(min=0.01)
    if product is None:
        design = np.stack([np.ones_like(inverse), inverse], axis=1)
    else:
        design, measured = np.ones((len(inverse), 1)), measured - product * inverse
    weighted = design / sigma[:, None]
    covariance = np.linalg.inv(weighted.T @ weighted)
    found = covariance @ weighted.T @ (measured / sigma)
    residuals = measured - design @ found
    freedom = len(walls) - len(found)
    if freedom > 0:  # walls that agree worse than they should make all less certain
        covariance *= max(1.0, float(np.sum((residuals / sigma) ** 2)) / freedom)
    errors = np.sqrt(np.diag(covariance))
    return DisparityOffset(
        float(found[0]),
        float(errors[0]),
        float(found[1]) if product is None else math.nan,
        float(errors[1]) if product is None else math.nan,
        tuple(map(float, residuals)),
    )
