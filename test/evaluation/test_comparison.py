# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Disparities of other sizes and units."""

import numpy as np
import pytest

from crestereo_ros.evaluation.comparison import disparity_figures, scaled_disparity, unit_factor
from crestereo_ros.evaluation.measures import bad

NAN = np.nan


def ramp(height, width):
    """Return a plane whose disparity is 0.1 times the column of the pixel's centre."""
    row = 0.1 * (np.arange(width, dtype=np.float32) + 0.5)
    return np.repeat(row[None], height, axis=0)


@pytest.mark.parametrize('shape', [(30, 80), (60, 20), (90, 120)])
def test_a_plane_stays_the_same_plane(shape):
    scaled = scaled_disparity(ramp(60, 40), shape)
    inner = slice(2, -2)  # without the border, where nothing can be interpolated
    np.testing.assert_allclose(scaled[:, inner], ramp(*shape)[:, inner], rtol=1e-5)


@pytest.mark.parametrize('unknown', [np.nan, np.inf, -np.inf])
@pytest.mark.filterwarnings('error')
def test_unknown_pixels_neither_spread_nor_shrink(unknown):
    disparity = np.full((4, 6), 5, np.float32)
    disparity[1, 2] = unknown

    scaled = scaled_disparity(disparity, (8, 12))

    expected = np.full((8, 12), 10, np.float32)
    expected[2:4, 4:6] = NAN
    np.testing.assert_array_equal(scaled, expected)


def test_the_figures_are_those_of_the_measures():
    truth = np.full((1, 4), 10, np.float32)
    disparity = truth + np.float32([[0.6, 1.5, 3.5, NAN]])

    figures = disparity_figures(disparity, truth)

    assert figures == pytest.approx(
        {
            'end_point_error': 5.6 / 3,
            'bad_0.5': 1,
            'bad_1': 2 / 3,
            'bad_2': 1 / 3,
            'bad_4': 0,
            'd1': 1 / 3,
            'density': 3 / 4,
        }
    )
    mask = np.array([[True, False, False, True]])
    masked = disparity_figures(disparity, truth, mask)
    assert masked['bad_1'] == bad(disparity, truth, 1, mask) == 0
    assert masked['density'] == 1 / 2


@pytest.mark.parametrize('factor', [256, 16, 1 / 16, 1 / 256])
def test_another_unit_is_recognized_despite_errors(factor):
    truth = np.random.default_rng(0).uniform(5, 60, 1000).astype(np.float32)
    assert unit_factor(1.1 * factor * truth, truth) == factor
    assert unit_factor(1.4 * factor * truth, truth) == 1


def test_pixels_are_not_another_unit():
    truth = np.random.default_rng(0).uniform(5, 60, 1000).astype(np.float32)
    assert unit_factor(truth, truth) == unit_factor(2 * truth, truth) == 1
    assert unit_factor(np.zeros(3), np.zeros(3)) == unit_factor(-256 * truth, truth) == 1
