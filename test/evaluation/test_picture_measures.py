# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Similarity of pictures."""

import cv2
import numpy as np
import pytest

from crestereo_ros.evaluation.picture_measures import histogram_distance, structural_similarity


def colour(blue, green, red):
    return np.full((16, 16, 3), (blue, green, red), np.uint8)


@pytest.fixture
def picture():
    small = np.random.default_rng(0).integers(0, 255, (6, 8, 3), np.uint8)
    return cv2.resize(small, (64, 48), interpolation=cv2.INTER_CUBIC)


def test_the_same_colours_anywhere_have_no_distance(picture):
    assert histogram_distance(picture, picture) == pytest.approx(0, abs=1e-6)
    assert histogram_distance(picture, picture[::-1]) == pytest.approx(0, abs=1e-6)


def test_other_colours_of_equal_brightness_have_distance_one():
    assert histogram_distance(colour(0, 0, 200), colour(200, 0, 0)) == pytest.approx(1)
    assert histogram_distance(colour(0, 0, 200), colour(0, 0, 90)) == pytest.approx(0, abs=1e-6)


def test_distance_by_hand():
    # Half red and half blue compared with three quarters red: after the scaling by
    # minimum and maximum the histograms are (1, 1) and (1, 1/3).
    red, blue = (0, 0, 200), (200, 0, 0)
    half, most = colour(*red), colour(*red)
    half[:8], most[:4] = blue, blue
    overlap = (np.sqrt(1 * 1) + np.sqrt(1 / 3)) / np.sqrt(2 * (4 / 3))
    assert histogram_distance(half, most) == pytest.approx(np.sqrt(1 - overlap), rel=1e-5)


def test_structure_depends_on_where_colours_are(picture):
    noise = np.random.default_rng(1).normal(0, 20, picture.shape)
    noisy = (picture + noise).clip(0, 255).astype(np.uint8)
    assert structural_similarity(picture, picture) == 1
    assert (
        structural_similarity(picture, picture[::-1]) < structural_similarity(picture, noisy) < 1
    )


def test_the_similarity_of_pictures_smaller_than_the_window_is_nan():
    assert np.isnan(structural_similarity(colour(0, 0, 0)[:6], colour(0, 0, 0)[:6]))
