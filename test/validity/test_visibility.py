# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the right camera sees of scenes with known visibility."""

import numpy as np

from crestereo_ros.validity.visibility import in_view, occluded


def test_matches_left_of_the_right_image_are_out_of_view(planes):
    np.testing.assert_array_equal(in_view(planes.disparity), ~planes.out_of_view)


def test_matches_right_of_it_are_out_of_view():
    disparity = np.full((2, 8), -3, np.float32)
    np.testing.assert_array_equal(in_view(disparity), [[True] * 5 + [False] * 3] * 2)


def test_matches_that_the_right_camera_did_not_see_are_out_of_view():
    disparity = np.array([[0, 1, 1, 1.4, 9, np.nan]], np.float32)
    seen_right = np.array([[True, True, False, True, True, True]])
    np.testing.assert_array_equal(
        in_view(disparity, seen_right), [[True, True, True, False, False, False]]
    )


def test_infinity_and_nan_have_no_match():
    disparity = np.array([[0, np.nan, np.inf, -np.inf, 1]], np.float32)
    np.testing.assert_array_equal(in_view(disparity), [[True, False, False, False, True]])
    assert not occluded(disparity).any()


def test_pixels_behind_the_square_are_occluded(planes):
    found = occluded(planes.disparity)
    assert found[planes.hidden].all()
    # Neighbours' claims count: at most one more column on either side of the hidden area.
    assert np.count_nonzero(found & ~planes.hidden) <= 2 * 60


def test_a_thin_pole_hides_only_its_width():
    disparity = np.full((4, 60), 5, np.float32)
    disparity[:, 40:43] = 20
    found = occluded(disparity)
    assert found[:, 25:28].all()  # where the pole is in the right image: 40 - 20 + 5
    assert not found[:, :24].any() and not found[:, 29:].any()


def test_slanted_surfaces_do_not_hide_themselves():
    y, x = np.mgrid[:100, :200].astype(np.float32)
    for across, down in ((0.5, 0), (-0.9, 0), (0.1, 0.4), (-0.5, -0.5)):
        assert not occluded(60 + across * (x - 100) + down * (y - 50)).any()


def test_a_wide_gap_in_the_claims_does_not_reveal_hidden_pixels():
    """A near surface that is twice as wide in the right image."""
    x = np.arange(200, dtype=np.float32)
    disparity = np.full((3, 200), 5, np.float32)
    disparity[:, 100:120] = 60 - (x[100:120] - 100)  # from column 40 to 78 in the right image
    found = occluded(disparity)
    assert found[:, 46:83].all()
