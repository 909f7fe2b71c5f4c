# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Error measures with numbers that can be checked by hand."""

import numpy as np
import pytest

from crestereo_ros.evaluation.measures import bad, d1, density, end_point_error

# Errors 1, 4 and 0; then an unknown truth and an unknown disparity.
TRUTH = np.array([[10, 10, 10, np.inf, 10]], np.float32)
DISPARITY = np.array([[11, 6, 10, 99, np.nan]], np.float32)


def test_unknown_pixels_do_not_count():
    assert end_point_error(DISPARITY, TRUTH) == pytest.approx(5 / 3)
    assert bad(DISPARITY, TRUTH) == pytest.approx(1 / 3)
    assert bad(DISPARITY, TRUTH, threshold=0.5) == pytest.approx(2 / 3)


def test_density_counts_only_unknown_disparities():
    assert density(DISPARITY, TRUTH) == pytest.approx(3 / 4)


def test_d1_is_over_three_pixels_and_five_percent():
    truth = np.array([[10, 10, 100, 100]], np.float32)
    assert d1(truth + np.array([[2.9, -3.1, 4.9, 5.1]], np.float32), truth) == pytest.approx(0.5)
    assert d1(truth + np.array([[3, 3, 5, 5]], np.float32), truth) == 0


@pytest.mark.parametrize('measure', [end_point_error, bad, d1, density])
def test_a_mask_excludes_pixels(measure):
    mask = np.array([[False, True, False, True, True]])
    alone = measure(DISPARITY[:, [1, 4]], TRUTH[:, [1, 4]])

    assert measure(DISPARITY, TRUTH, mask=mask) == alone
    assert alone != measure(DISPARITY, TRUTH)


@pytest.mark.parametrize('measure', [end_point_error, bad, d1, density])
@pytest.mark.filterwarnings('error')
def test_without_pixels_the_measures_are_nan(measure):
    assert np.isnan(measure(DISPARITY, np.full_like(TRUTH, np.inf)))
