# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Right disparities get more confidence than wrong ones."""

import cv2
import numpy as np
import pytest

from crestereo_ros.validity.confidence import (
    estimated_confidence,
    Search,
    searched_confidence,
)


@pytest.fixture(params=[False, True], ids=['alone', 'with the right disparity'])
def confidence(request, planes):
    """Return a function that computes the confidence of a disparity of the two planes."""

    def confidence(disparity, left=planes.left, right=planes.right):
        other = planes.disparity_right if request.param else None
        found = estimated_confidence(disparity, left, right, 1.0, other)
        assert found.dtype == np.float32 and found.shape == disparity.shape
        assert 0 <= found.min() <= found.max() <= 1
        return found

    return confidence


def inside(mask):
    """Remove the edges of a mask."""
    return cv2.erode(mask.astype(np.uint8), np.ones((9, 9), np.uint8), borderValue=0) > 0


def test_the_truth_gets_high_confidence(planes, confidence):
    found = confidence(planes.disparity)
    seen = ~planes.hidden & ~planes.out_of_view
    assert found[inside(planes.square)].min() > 0.9
    assert found[inside(~planes.square & seen)].min() > 0.9
    assert np.median(found[planes.hidden]) < 0.75


def test_a_wrong_disparity_gets_low_confidence(planes, confidence):
    found = confidence(planes.disparity + np.float32(7))
    assert np.median(found[20:-20, 40:]) < 0.75


def test_exposure_does_not_matter(planes, confidence):
    darker = cv2.convertScaleAbs(planes.right, alpha=0.6, beta=20)
    found = confidence(planes.disparity, right=darker)
    assert found[inside(planes.square)].min() > 0.9


def test_a_bare_wall_gets_less_confidence_than_texture(planes, confidence):
    bare = np.full_like(planes.left, 90)
    disparity = np.full_like(planes.disparity, 6)
    assert confidence(disparity, bare, bare)[:, 20:].mean() < 0.8


def test_colour_and_grey_give_the_same(planes, confidence):
    left, right = (cv2.cvtColor(x, cv2.COLOR_GRAY2BGR) for x in (planes.left, planes.right))
    np.testing.assert_allclose(
        confidence(planes.disparity, left, right), confidence(planes.disparity), atol=1e-4
    )


@pytest.mark.parametrize('right', [False, True], ids=['alone', 'with the right disparity'])
def test_the_confidence_depends_on_the_search(planes, right):
    def mean(correction, matched):
        shape = planes.disparity.shape
        search = Search(np.full(shape, correction, np.float32), np.full(shape, matched))
        other = planes.disparity_right if right else None
        images = planes.left, planes.right
        return estimated_confidence(planes.disparity, *images, 1.0, other, search).mean()

    assert mean(0, True) > mean(0, False)
    assert mean(0, True) > mean(3, True)


def test_a_search_changes_the_networks_confidence():
    own = np.array([[0.0, 0.1, 0.5, 0.9, 1.0]], np.float32)
    search = Search(np.zeros_like(own), np.ones_like(own, bool))
    kept = searched_confidence(own, search, 2.0)
    assert kept.dtype == np.float32
    assert (np.diff(kept) > 0).all() and 0 <= kept.min() < kept.max() <= 1
    moved = searched_confidence(own, Search(np.full_like(own, -4), search.matched), 2.0)
    unmatched = searched_confidence(own, Search(search.correction, ~search.matched), 2.0)
    assert (moved < kept).all() and (unmatched < kept).all()
    # The same distance is a smaller part of a network pixel that covers more.
    assert (
        moved < searched_confidence(own, Search(np.full_like(own, -4), search.matched), 8.0)
    ).all()
