# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth in whole millimetres, for images of 16 bits."""

from __future__ import annotations

import numpy as np


def millimetres(depth: np.ndarray) -> np.ndarray:
    """
    Return metres as whole millimetres.

    :param depth: float32 (H, W)
    :returns: uint16 (H, W); 0 for what is not finite or does not fit, from 65.5355 m on
    """
    # Casting what does not fit is undefined, so it is replaced before. nan compares as false.
    fits = (depth > 0) & (depth < 65.5355)
    return (np.where(fits, depth, 0) * np.float32(1000) + np.float32(0.5)).astype(np.uint16)
