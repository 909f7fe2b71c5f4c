# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Faults of cameras on rendered pairs."""

import numpy as np
import pytest

from training.scenes.degrade import expose_pair


@pytest.mark.parametrize('infrared', [False, True])
def test_good_cameras_have_noise_of_their_own_too(infrared):
    """Otherwise the faintest shading of a bare wall would tell its disparity."""
    wall = np.full((64, 96, 3), 120, np.uint8)
    for seed in range(20):
        pair = expose_pair(np.random.default_rng(seed), wall, wall, infrared)
        left, right = (x[..., 0] - x[..., 0].mean() for x in pair)
        assert 0.2 < min(left.std(), right.std()) < 4
        assert abs(np.corrcoef(left.ravel(), right.ravel())[0, 1]) < 0.1
