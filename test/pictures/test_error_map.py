# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Errors as colours, and the legend."""

import numpy as np
import pytest

from crestereo_ros.pictures import error_map
from crestereo_ros.pictures.error_map import COLORS, LIMITS, MISSING, NOT_COUNTED


def test_each_band_has_a_colour_and_includes_its_limit():
    errors = np.float32([[0, *LIMITS, 9, np.nan, np.inf, np.nan]])
    missing = np.zeros(errors.shape, bool)
    missing[0, -1] = True

    picture = error_map(errors, missing)

    expected = [COLORS[0], *COLORS[:5], COLORS[5], NOT_COUNTED, NOT_COUNTED, MISSING]
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture[0, : len(expected)], expected)


@pytest.mark.parametrize('shape', [(20, 30), (375, 1242), (1080, 1920)])
def test_the_legend_has_every_colour_and_fits(shape):
    errors = np.full(shape, 0.1, np.float32)

    picture = error_map(errors, np.zeros(shape, bool))

    assert (picture[: shape[0], : shape[1]] == COLORS[0]).all()
    legend = picture[:, shape[1] :]
    assert len(picture) >= shape[0] and 100 < legend.shape[1] < 700
    for color in (*COLORS, MISSING, NOT_COUNTED):
        assert (legend == color).all(axis=2).any()
    for border in legend[:, 0], legend[:, -1], legend[0], legend[-1]:
        assert len(np.unique(border)) == 1, 'text or colours are cut off'


def test_the_share_of_a_colour_is_written():
    few = np.zeros((400, 100), np.float32)
    many = few.copy()
    many[:200] = 20
    nothing = np.zeros(few.shape, bool)
    legends = [error_map(errors, nothing)[:, 100:] for errors in (few, many)]
    assert (legends[0] != legends[1]).any()
