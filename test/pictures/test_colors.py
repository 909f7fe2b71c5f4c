# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Colours of disparity."""

import numpy as np
import pytest

from crestereo_ros.pictures import COLOR_MAPS, colorize


@pytest.mark.parametrize('color_map', COLOR_MAPS)
def test_invalid_values_are_black_and_valid_ones_never(color_map):
    ramp = np.linspace(0, 60, 64 * 64, dtype=np.float32).reshape(64, 64)
    ramp[0, :3] = np.nan, np.inf, -np.inf
    colors = colorize(ramp, 0, 60, color_map)
    assert colors.shape == (64, 64, 3) and colors.dtype == np.uint8
    assert (colors[0, :3] == 0).all()
    assert (colors[np.isfinite(ramp)].max(axis=1) > 0).all()


def test_maps_differ():
    ramp = np.linspace(0, 60, 64, dtype=np.float32)[None]
    assert len({colorize(ramp, 0, 60, color_map).tobytes() for color_map in COLOR_MAPS}) == len(
        COLOR_MAPS
    )


def test_far_is_blue_middle_green_near_red():
    far, middle, near = colorize(np.float32([[10, 20, 30]]), 10, 30)[0].astype(int)
    assert far.argmax() == 0
    assert middle.argmax() == 1
    assert near.argmax() == 2


def test_values_outside_the_limits_get_the_end_colours():
    colors = colorize(np.float32([[-1e9, 10, 30, 1e9]]), 10, 30)[0]
    assert (colors[0] == colors[1]).all()
    assert (colors[2] == colors[3]).all()


@pytest.mark.parametrize('limits', [(5, 5), (6, 5), (0, float('nan'))])
def test_limits_out_of_order_are_refused(limits):
    with pytest.raises(ValueError, match='must be below'):
        colorize(np.zeros((4, 4), np.float32), *limits)
