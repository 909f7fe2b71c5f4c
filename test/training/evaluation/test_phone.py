# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The measure of how far a disparity is from a map in no known unit."""

import numpy as np
import pytest

from training.evaluation.phone import difference, PHONE_PAIRS, phone_pairs


def test_factor_and_plane_do_not_count_but_what_is_left_does():
    """Also where a tenth of the map is something else."""
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
    """They have one size, and most of the map is still to be seen."""
    if not PHONE_PAIRS.exists():
        pytest.skip(f'{PHONE_PAIRS} is not here')
    pair = next(phone_pairs())
    assert pair.left.shape == pair.right.shape == (*pair.official.shape, 3) == (640, 480, 3)
    assert 0.8 < np.isfinite(pair.official).mean() <= 1
    assert np.nanmax(pair.official) > 200
