# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How far the rows of a pair are apart."""

from dataclasses import dataclass

import cv2
import numpy as np

from crestereo_ros.alignment.estimator import FEWEST_MATCHES, SMALLEST_COVERAGE, STILL_FITS
from crestereo_ros.alignment.feature_matches import match_features
from crestereo_ros.alignment.working_image import WIDTH, working_image

LARGEST_OFFSET = 1.0  # px of the image; STILL_FITS where the image is larger than can be measured


@dataclass(frozen=True)
class RowOffset:
    """
    The median vertical distance of matching points.

    `pixels`: of the image. `limit`: the largest distance in pixels of rows that line up.
    `matches`: the number of points behind it.
    """

    pixels: float
    limit: float
    matches: int

    @property
    def lines_up(self) -> bool:
        return self.pixels <= self.limit


def row_offset(left: np.ndarray, right: np.ndarray) -> RowOffset | None:
    """
    Measure how far the rows of a pair are apart.

    :param left: uint8 (H, W, 3), BGR, or (H, W)
    :param right: the same shape
    :returns: None where the images show too few points in common
    """
    scale = left.shape[1] / WIDTH
    matches = match_features(_prepared(left), _prepared(right))
    if len(matches) < FEWEST_MATCHES or matches.coverage < SMALLEST_COVERAGE:
        return None
    distance = np.median(np.abs(matches.left[:, 1] - matches.right[:, 1]))
    return RowOffset(
        pixels=float(distance * scale),
        limit=max(LARGEST_OFFSET, STILL_FITS * scale),
        matches=len(matches),
    )


def _prepared(image: np.ndarray) -> np.ndarray:
    return working_image(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image)
