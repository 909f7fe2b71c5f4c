# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the right camera sees, of scenes whose visibility is known."""

import numpy as np

from crestereo_ros.validity.visibility import in_view, occluded


def test_what_lies_left_of_the_right_image_is_out_of_view(planes):
    np.testing.assert_array_equal(in_view(planes.disparity), ~planes.out_of_view)


def test_what_lies_right_of_it_is_too():
    disparity = np.full((2, 8), -3, np.float32)
    np.testing.assert_array_equal(in_view(disparity), [[True] * 5 + [False] * 3] * 2)


def test_what_the_right_camera_did_not_see_is_out_of_view():
    disparity = np.array([[0, 1, 1, 1.4, 9, np.nan]], np.float32)
    seen_right = np.array([[True, True, False, True, True, True]])
    np.testing.assert_array_equal(
        in_view(disparity, seen_right), [[True, True, True, False, False, False]]
    )


def test_no_number_has_no_match():
    disparity = np.array([[0, np.nan, np.inf, -np.inf, 1]], np.float32)
    np.testing.assert_array_equal(in_view(disparity), [[True, False, False, False, True]])
    assert not occluded(disparity).any()


def test_what_the_square_hides_is_occluded(planes):
    found = occluded(planes.disparity)
    assert found[planes.hidden].all()
    # A neighbour's claim counts: a column on either side of what is hidden, and no more.
    assert np.count_nonzero(found & ~planes.hidden) <= 2 * 60


def test_nothing_is_hidden_behind_a_thin_pole_but_its_width():
    disparity = np.full((4, 60), 5, np.float32)
    disparity[:, 40:43] = 20
    found = occluded(disparity)
    assert found[:, 25:28].all()  # where the pole stands in the right image: 40 - 20 + 5
    assert not found[:, :24].any() and not found[:, 29:].any()


def test_slanted_surfaces_hide_nothing_of_themselves():
    y, x = np.mgrid[:100, :200].astype(np.float32)
    for across, down in ((0.5, 0), (-0.9, 0), (0.1, 0.4), (-0.5, -0.5)):
        assert not occluded(60 + across * (x - 100) + down * (y - 50)).any()


def test_a_wide_gap_in_the_claims_does_not_uncover_what_is_hidden():
    """A near surface that is stretched to its double in the right image."""
    x = np.arange(200, dtype=np.float32)
    disparity = np.full((3, 200), 5, np.float32)
    disparity[:, 100:120] = 60 - (x[100:120] - 100)  # from column 40 to 78 in the right image
    found = occluded(disparity)
    assert found[:, 46:83].all()
