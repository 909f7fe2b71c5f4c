# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measures of a disparity against the truth, as the Middlebury benchmark defines them."""

import numpy as np


def end_point_error(disparity, truth):
    """Return the mean absolute error in pixels over the pixels whose truth is finite."""
    return float(np.abs(disparity - truth)[np.isfinite(truth)].mean())


def bad(disparity, truth, threshold=2.0):
    """Return the share of pixels, 0..1, that are off by more than `threshold` pixels."""
    return float((np.abs(disparity - truth)[np.isfinite(truth)] > threshold).mean())
