# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A matched frame, which every output writes or shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crestereo_ros.pictures import side_by_side
from crestereo_ros.pipeline import DepthResult


@dataclass(frozen=True, eq=False)
class MatchedFrame:
    """
    What came of a frame.

    `index`: of the frame in its source, from 0. `time`, `stamp`: as in `StereoFrame`.
    """

    index: int
    time: float
    stamp: int | None
    result: DepthResult

    @property
    def left(self) -> np.ndarray:
        """The left image as it was matched, uint8 (H, W, 3), BGR."""
        return self.result.pair.left

    @cached_property
    def picture(self) -> np.ndarray:
        """The left image beside its disparity in colours and a scale, uint8 (H, W, 3), BGR."""
        return side_by_side(self.left, self.result.disparity, self.result.color_range)
