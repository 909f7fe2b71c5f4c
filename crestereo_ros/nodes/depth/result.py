# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The result that every output makes its message from."""

from __future__ import annotations

from dataclasses import dataclass

from std_msgs.msg import Header

from crestereo_ros.calibration import StereoCalibration
from crestereo_ros.matching import Match


@dataclass(frozen=True, eq=False)
class Result:
    """The match of one pair, with what else the messages need."""

    header: Header  # of the left image
    match: Match
    calibration: StereoCalibration | None  # of the images that were matched, None without one
    color_range: tuple[float, float]  # the disparities in pixels that colours should span
