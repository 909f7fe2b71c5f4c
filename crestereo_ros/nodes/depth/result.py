# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The result that every output makes its message from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from std_msgs.msg import Header

from crestereo_ros.calibration import StereoCalibration
from crestereo_ros.matching import Match
from crestereo_ros.nodes.depth.output_settings import OutputSettings


@dataclass(frozen=True, eq=False)
class Result:
    """The match of one pair, with what else the messages need."""

    header: Header  # of the left image
    left: np.ndarray  # the image that was matched, uint8 (H, W) or (H, W, 3) BGR
    match: Match
    valid: np.ndarray  # bool (H, W): where the disparity is to be believed
    confidence: np.ndarray | None  # float32 (H, W), 0 to 1, None where it was not computed
    calibration: StereoCalibration | None  # of the images that were matched, None without one
    color_range: tuple[float, float]  # the disparities in pixels that colours should span
    settings: OutputSettings

    @cached_property
    def disparity(self) -> np.ndarray:
        """The disparity in pixels as the matcher measures it, float32 (H, W); nan if unknown."""
        disparity = self.match.disparity.copy()
        disparity[~(self.valid & np.isfinite(disparity))] = np.nan
        return disparity

    @cached_property
    def depth(self) -> np.ndarray | None:
        """
        The depth in metres, float32 (H, W); None without a calibration.

        As REP 117 wants it: nan where it is unknown, -inf before `min_depth`, +inf beyond
        `max_depth`.
        """
        if self.calibration is None:
            return None
        settings = self.settings
        return self.calibration.depth(self.disparity, settings.min_depth, settings.max_depth)
