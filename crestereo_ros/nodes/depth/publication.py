# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What every output makes its message from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from std_msgs.msg import Header

from crestereo_ros.calibration import millimetres
from crestereo_ros.nodes.depth.output_settings import OutputSettings
from crestereo_ros.pictures import colorize
from crestereo_ros.pipeline import DepthResult


@dataclass(frozen=True, eq=False)
class Publication:
    """A result, and how to publish it."""

    header: Header  # of the left image
    result: DepthResult
    settings: OutputSettings

    @cached_property
    def depth(self) -> np.ndarray | None:
        """
        The depth in an encoding of REP 118: (H, W); None without a calibration.

        Either float32 in metres, with invalid values as in REP 117, or uint16 in millimetres, with
        0 for those.
        """
        depth = self.result.depth
        if depth is not None and self.settings.depth_encoding == '16UC1':
            return millimetres(depth)
        return depth

    @cached_property
    def colors(self) -> np.ndarray:
        """The disparity as colours, uint8 (H, W, 3) BGR; black where it is unknown."""
        return colorize(self.result.disparity, *self.result.color_range, self.settings.color_map)
