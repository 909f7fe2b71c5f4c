# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Matches are right and inside the picture, and there are none without features."""

import numpy as np
import pytest

from crestereo_ros.alignment.feature_matches import FeatureMatches, match_features


def middle(image):
    return (np.array(image.shape[1::-1]) - 1) / 2


def test_matches_have_a_disparity_of_the_scene(scene):
    matches = match_features(scene.left, scene.right)
    assert len(matches) > 300
    assert matches.coverage == 1
    known = np.unique(scene.left_points[:, 0] - scene.right_points[:, 0])
    found = matches.left[:, 0] - matches.right[:, 0]
    assert np.percentile(np.abs(found[:, None] - known).min(axis=1), 95) < 1
    assert np.percentile(np.abs(matches.left[:, 1] - matches.right[:, 1]), 95) < 1


def test_no_matches_in_bars(scene):
    barred = scene.barred(rows=60, columns=100)
    matches = match_features(barred.left, barred.right)
    assert len(matches) > 100
    assert matches.coverage == 1
    for points in (matches.left, matches.right):
        columns, rows = (points + middle(barred.left)).T
        assert 100 <= columns.min() and columns.max() < 540
        assert 60 <= rows.min() and rows.max() < 420


@pytest.mark.parametrize('value', [0, 128])
def test_no_matches_in_blank_images(value):
    image = np.full((480, 640, 3), value, np.uint8)
    matches = match_features(image, image)
    assert len(matches) == 0
    assert matches.coverage == 0


def test_repeated_patterns_do_not_give_wrong_disparities(scene):
    left, right = scene.left.copy(), scene.right.copy()
    # A fence whose posts look the same every 64 px, at a disparity of 6 px like the wall.
    post = np.random.default_rng(5).integers(0, 256, (60, 64, 3), np.uint8)
    fence = np.tile(post, (1, 11, 1))
    left[200:260], right[200:260] = fence[:, :640], fence[:, 6:646]
    matches = match_features(left, right)
    disparities = matches.left[:, 0] - matches.right[:, 0]
    assert 0 < np.percentile(disparities, 2)
    assert np.percentile(disparities, 98) < 64


def test_joins_and_exchanges():
    one = FeatureMatches(np.zeros((2, 2)), np.ones((2, 2)), 0.25)
    two = FeatureMatches(np.full((3, 2), 2.0), np.full((3, 2), 3.0), 0.5)
    both = FeatureMatches.joined([one.exchanged(), two])
    assert len(both) == 5
    assert both.coverage == 0.5
    np.testing.assert_array_equal(both.left[:, 0], [1, 1, 2, 2, 2])
    np.testing.assert_array_equal(both.right[:, 0], [0, 0, 3, 3, 3])
