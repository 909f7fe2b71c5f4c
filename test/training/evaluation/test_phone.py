# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The difference between a disparity and a map of unknown unit."""

import numpy as np
import pytest

from training.evaluation.phone import difference, PHONE_PAIRS, phone_pairs


def test_difference_ignores_a_factor_and_a_plane_but_counts_the_rest():
    """This holds even if a tenth of the map is wrong."""
    y, x = np.mgrid[:60, :80].astype(np.float32)
    disparity = np.random.default_rng(0).uniform(0, 20, (60, 80))
    official = 30 + 5 * disparity + 0.3 * x - 0.2 * y
    official[:5] = np.nan
    assert difference(disparity, official) < 1e-6

    official[::10, ::2] += 51
    official[::10, 1::2] -= 51
    found = difference(disparity, official)

    assert found == pytest.approx(0.2 * 5 / 55, rel=0.05)  # the first of six rows is unknown


def test_a_map_fits_its_aligned_pair():
    """Both have the same size, and most of the map is visible."""
    if not PHONE_PAIRS.exists():
        pytest.skip(f'{PHONE_PAIRS} is missing')
    pair = next(phone_pairs())
    assert pair.left.shape == pair.right.shape == (*pair.official.shape, 3) == (640, 480, 3)
    assert 0.8 < np.isfinite(pair.official).mean() <= 1
    assert np.nanmax(pair.official) > 200
