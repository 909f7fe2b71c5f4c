# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The result of one frame, which every output writes or shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crestereo_ros.calibration import StereoCalibration
from crestereo_ros.matching import Match
from crestereo_ros.pictures import side_by_side
from crestereo_ros.sources import StereoFrame


@dataclass(frozen=True, eq=False)
class Result:
    """
    A frame as it was prepared, and its match.

    `index`: of the frame in its source, from 0. `color_range`: the disparities in pixels that
    colours span. `calibration`: of the images of the frame, None if it is not known.
    """

    index: int
    frame: StereoFrame
    match: Match
    color_range: tuple[float, float]
    calibration: StereoCalibration | None

    @cached_property
    def depth(self) -> np.ndarray | None:
        """The depth in metres, as `StereoCalibration.depth` gives it; None without one."""
        return self.calibration.depth(self.match.disparity) if self.calibration else None

    @cached_property
    def picture(self) -> np.ndarray:
        """The left image beside its disparity in colours and a scale, uint8 (H, W, 3), BGR."""
        return side_by_side(self.frame.left, self.match.disparity, self.color_range)
