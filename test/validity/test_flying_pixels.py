# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""No pixel stays between two planes after a coarse disparity is scaled up."""

import cv2
import numpy as np
import pytest

from crestereo_ros.validity.flying_pixels import flying_pixels, MAX_SLOPE, reach_of


@pytest.mark.parametrize('scale', [1, 2, 3, 4])
def test_no_point_is_left_between_two_planes(planes, scale):
    """
    Scale down and up again, as `fast` does.

    A blur imitates that of the network.
    """
    height, width = planes.disparity.shape
    small = cv2.resize(planes.disparity, (width // scale, height // scale))
    small = cv2.GaussianBlur(small, (3, 3), 0)
    disparity = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    allowed = MAX_SLOPE * reach_of(scale)
    between = (np.abs(disparity - 6) > allowed) & (np.abs(disparity - 20) > allowed)
    assert between.any()
    found = flying_pixels(disparity, scale)
    assert found[between].all()
    assert not found[~between].any()


@pytest.mark.parametrize('scale', [1.0, 2.0, 6.0])
def test_slanted_planes_have_no_flying_pixels(scale):
    y, x = np.mgrid[:60, :80].astype(np.float32)
    for across, down in ((0.45, 0), (0, -0.45), (0.2, 0.2)):
        assert not flying_pixels(100 + across * x + down * y, scale).any()


def test_a_thin_pole_stays():
    disparity = np.full((20, 40), 5, np.float32)
    disparity[:, 20:22] = 30
    assert not flying_pixels(disparity, 2.0).any()
