# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measures the vertical offset of a pair."""

from dataclasses import dataclass

import cv2
import numpy as np

from crestereo_ros.alignment.estimator import FEWEST_MATCHES, MIN_COVERAGE, STILL_FITS
from crestereo_ros.alignment.feature_matches import match_features
from crestereo_ros.alignment.working_image import WIDTH, working_image

MAX_OFFSET = 1.0  # px of the image; STILL_FITS, scaled, for images too large to measure this


@dataclass(frozen=True)
class RowOffset:
    """
    The median vertical distance of matching points.

    `pixels`: the distance in pixels of the image. `limit`: the largest distance of rows that line
    up.
    `matches`: the number of matching points.
    """

    pixels: float
    limit: float
    matches: int

    @property
    def lines_up(self) -> bool:
        return self.pixels <= self.limit


def row_offset(left: np.ndarray, right: np.ndarray) -> RowOffset | None:
    """
    Measure the vertical offset of a pair.

    :param left: uint8 (H, W, 3), BGR, or (H, W)
    :param right: the same shape
    :returns: None if the images have too few points in common
    """
    scale = left.shape[1] / WIDTH
    matches = match_features(_prepared(left), _prepared(right))
    if len(matches) < FEWEST_MATCHES or matches.coverage < MIN_COVERAGE:
        return None
    distance = np.median(np.abs(matches.left[:, 1] - matches.right[:, 1]))
    return RowOffset(
        pixels=float(distance * scale),
        limit=max(MAX_OFFSET, STILL_FITS * scale),
        matches=len(matches),
    )


def _prepared(image: np.ndarray) -> np.ndarray:
    return working_image(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image)
