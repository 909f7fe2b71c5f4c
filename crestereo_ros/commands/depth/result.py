# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The result of one frame, which every output writes or shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crestereo_ros.calibration import StereoCalibration
from crestereo_ros.commands.depth.calibration import Seen
from crestereo_ros.matching import Match
from crestereo_ros.pictures import side_by_side
from crestereo_ros.sources import StereoFrame
from crestereo_ros.validity import Checks, known_pixels


@dataclass(frozen=True, eq=False)
class Result:
    """
    A frame as it was prepared, and its match.

    `index`: of the frame in its source, from 0. `color_range`: the disparities in pixels that
    colours span. `calibration`: of the images of the frame, None if there is none. `seen`: where
    the cameras saw what its images show.
    """

    index: int
    frame: StereoFrame
    match: Match
    color_range: tuple[float, float]
    calibration: StereoCalibration | None = None
    seen: Seen = (None, None)

    @cached_property
    def picture(self) -> np.ndarray:
        """The left image beside its disparity in colours and a scale, uint8 (H, W, 3), BGR."""
        return side_by_side(self.frame.left, self.match.disparity, self.color_range)

    @cached_property
    def valid(self) -> np.ndarray:
        """Which pixels are known, bool (H, W), by the checks that the depth node does."""
        seen, seen_right = self.seen
        return known_pixels(
            self.match,
            self.frame.left,
            self.frame.right,
            Checks(),
            self.calibration.principal_offset if self.calibration else None,
            with_confidence=False,
            seen=seen,
            seen_right=seen_right,
        ).valid

    @cached_property
    def depth(self) -> np.ndarray:
        """
        The depth in metres, float32 (H, W); NaN where it is unknown, or infinite.

        :raises ValueError: without a calibration
        """
        depth = self._calibration.depth(self.match.disparity)
        depth[~(self.valid & np.isfinite(depth))] = np.nan
        return depth

    def points(self, stride: int = 1) -> np.ndarray:
        """
        Return the points as `StereoCalibration.points` does, unknown ones as NaN.

        :param stride: take only each such row and column
        :raises ValueError: without a calibration
        """
        return self._calibration.points(self.depth, stride)

    @property
    def _calibration(self) -> StereoCalibration:
        if self.calibration is None:
            raise ValueError('there is no depth without a calibration')
        return self.calibration
