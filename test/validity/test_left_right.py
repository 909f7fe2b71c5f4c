# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Matching the mirrored pair, and how well both disparities agree."""

import numpy as np

from crestereo_ros.matching import StereoMatcher
from crestereo_ros.validity.left_right import disagreement, right_disparity


def test_both_disparities_agree_except_where_only_one_camera_sees(planes):
    apart = disagreement(planes.disparity, planes.disparity_right)
    hidden = planes.hidden | planes.out_of_view
    assert apart[~hidden].max() == 0
    assert apart[planes.hidden].min() == 14


def test_the_right_disparity_is_that_of_the_right_image(planes):
    """With the included network, the square is where the right image shows it."""
    found = right_disparity(StereoMatcher(provider='cpu', threads=1), planes.left, planes.right)
    assert found.shape == planes.left.shape and found.dtype == np.float32
    assert np.median(np.abs(found - planes.disparity_right)) < 0.5
    square = planes.disparity_right == 20
    assert np.median(found[square]) > np.median(found[~square]) + 10
