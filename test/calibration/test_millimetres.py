# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth in whole millimetres."""

import numpy as np

from crestereo_ros.calibration import millimetres


def test_millimetres_are_rounded_and_never_wrap_around():
    metres = np.float32([[0.0004, 0.0006, 65.5349, 65.536, 1e9, -3]])
    assert millimetres(metres).tolist() == [[0, 1, 65535, 0, 0, 0]]
