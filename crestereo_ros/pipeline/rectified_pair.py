# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A rectified pair with what is known about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crestereo_ros.calibration import StereoCalibration


@dataclass(frozen=True, eq=False)
class RectifiedPair:
    """
    Two images whose rows line up, and what is known about them.

    `left`, `right`: uint8 (H, W, 3) BGR or (H, W) grey, of one shape.

    `calibration`: that of these images, or None.

    `seen`, `seen_right`: bool (H, W), where each image shows what its camera saw, since rectified
    images may have borders; None for everywhere.

    `stamp`: when the left image was taken, in nanoseconds; None for pairs that follow each other
    without a gap.

    `lost`: how many pairs of the video did not arrive so far, not counting those that a newer one
    replaced.
    """

    left: np.ndarray
    right: np.ndarray
    calibration: StereoCalibration | None = None
    seen: np.ndarray | None = None
    seen_right: np.ndarray | None = None
    stamp: int | None = None
    lost: int = 0
