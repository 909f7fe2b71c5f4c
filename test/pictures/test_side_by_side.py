# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The picture of an image beside its disparity."""

import numpy as np
import pytest

from crestereo_ros.pictures import colorize, side_by_side
from crestereo_ros.pictures.side_by_side import round_ticks


@pytest.mark.parametrize('shape', [(24, 32), (96, 128), (500, 741), (1080, 1920)])
def test_image_then_colours_then_scale(shape):
    height, width = shape
    rng = np.random.default_rng(0)
    left = rng.integers(0, 255, (height, width, 3), np.uint8)
    disparity = rng.uniform(-5, 90, shape).astype(np.float32)
    picture = side_by_side(left, disparity, (0, 80))
    assert (picture[:, :width] == left).all()
    assert (picture[:, width : 2 * width] == colorize(disparity, 0, 80)).all()
    scale = picture[:, 2 * width :]
    assert picture.dtype == np.uint8 and 0 < scale.shape[1] < 300
    assert (scale == 255).all(axis=2).any(), 'no text'


def test_the_scale_has_the_highest_value_at_the_top():
    picture = side_by_side(
        np.zeros((400, 10, 3), np.uint8), np.zeros((400, 10), np.float32), (20, 70)
    )
    column = picture[:, 20 + 15]
    far, near = colorize(np.float32([[20, 70]]), 20, 70)[0]
    rows_near, rows_far = ((column == color).all(axis=1).nonzero()[0] for color in (near, far))
    assert rows_near.size and rows_far.size
    assert rows_near.max() < rows_far.min()


def test_the_width_does_not_depend_on_the_limits():
    left, disparity = np.zeros((240, 320, 3), np.uint8), np.zeros((240, 320), np.float32)
    limits = (0, 9), (-80, -10), (0, 150), (3.5, 4.5)
    assert len({side_by_side(left, disparity, each).shape for each in limits}) == 1


@pytest.mark.parametrize(
    ('limits', 'expected'),
    [
        ((0, 80), [0, 20, 40, 60, 80]),
        ((8.9, 57.3), [20, 40]),
        ((-3, 4.2), [-2, 0, 2, 4]),
        ((0, 1), [0, 0.5, 1]),
        ((1000, 1001), [1000, 1000.5, 1001]),
    ],
)
def test_ticks_are_few_and_round(limits, expected):
    assert round_ticks(*limits, most=4) == expected


def test_refuses_a_disparity_of_another_size():
    with pytest.raises(ValueError, match='disparity'):
        side_by_side(np.zeros((4, 6, 3), np.uint8), np.zeros((4, 5), np.float32), (0, 1))
