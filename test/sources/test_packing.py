# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Two views out of one image."""

import cv2
import numpy as np
import pytest

from crestereo_ros.sources.packing import likely_packing, PACKINGS

AXES = {'side_by_side': 1, 'over_under': 0}


@pytest.fixture
def views():
    """Smooth views, so that squeezing and stretching loses little."""
    y, x = np.mgrid[:60, :80]
    left = np.stack([2 * x + y, 3 * y, 240 - 2 * x], axis=2).astype(np.uint8)
    return left, left[:, ::-1].copy()


@pytest.mark.parametrize(('name', 'axis'), AXES.items())
def test_views_come_out_as_they_went_in(views, name, axis):
    split = PACKINGS[name].split(np.concatenate(views, axis))
    for view, expected in zip(split, views, strict=True):
        assert (view == expected).all()
        assert view.flags.c_contiguous and view.dtype == np.uint8


@pytest.mark.parametrize(('name', 'axis'), AXES.items())
def test_middle_of_an_odd_size_is_left_out(views, name, axis):
    middle = np.zeros_like(views[0][:, :1] if axis else views[0][:1])
    split = PACKINGS[name].split(np.concatenate((views[0], middle, views[1]), axis))
    assert all((view == expected).all() for view, expected in zip(split, views, strict=True))


@pytest.mark.parametrize(('name', 'axis'), AXES.items())
def test_half_packings_are_stretched_back_to_the_aspect_of_one_view(views, name, axis):
    size = (40, 60) if axis else (80, 30)
    squeezed = [cv2.resize(view, size, interpolation=cv2.INTER_AREA) for view in views]
    split = PACKINGS[f'{name}_half'].split(np.concatenate(squeezed, axis))
    for view, expected in zip(split, views, strict=True):
        assert view.shape == expected.shape
        assert np.abs(view.astype(int) - expected).max() <= 2


@pytest.mark.parametrize(
    ('shape', 'name'),
    [
        ((1080, 3840, 3), 'side_by_side'),  # two of 16:9
        ((720, 1280, 3), 'side_by_side'),
        ((1280, 1440, 3), 'side_by_side'),  # two of a phone held upright
        ((2160, 1920, 3), 'over_under'),
        ((960, 640, 3), 'over_under'),
    ],
)
def test_packing_follows_from_the_shape(shape, name):
    assert likely_packing(shape) is PACKINGS[name]
