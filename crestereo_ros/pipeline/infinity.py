# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where what is infinitely far lies in the images of a pair."""

from __future__ import annotations

from crestereo_ros.calibration import StereoCalibration

MAX_OFFSET = 0.5  # of the width; beyond it, little of the right image would be left


def infinity_of(calibration: StereoCalibration | None, width: int) -> float:
    """
    Return the disparity of what is infinitely far, from which a pair is matched, in pixels.

    :param calibration: of the images; None: 0
    :param width: of the images; beyond `MAX_OFFSET` of it, no rig of cameras is turned: 0
    """
    offset = calibration.principal_offset if calibration else 0.0
    return offset if abs(offset) <= MAX_OFFSET * width else 0.0
