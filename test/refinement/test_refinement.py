# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Refinement improves a coarse disparity where the images allow it, and changes nothing else."""

import cv2
import numpy as np
import pytest

from crestereo_ros.refinement import gains, refine
from crestereo_ros.refinement.refinement import REACH

HEIGHT, WIDTH = 120, 160
FAR, NEAR = 6, 12  # pixels of disparity
SQUARE = slice(40, 80), slice(70, 110)  # in the left image


def texture(seed, width=WIDTH):
    noise = np.random.default_rng(seed).integers(0, 255, (HEIGHT, width), np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 1.0), None, 0, 255, cv2.NORM_MINMAX)


def two_planes():
    """Return the images of a square in front of a wall, and the disparity."""
    wall, square = texture(1, WIDTH + 40), texture(2)
    left, right = wall[:, :WIDTH].copy(), wall[:, FAR : FAR + WIDTH].copy()
    left[SQUARE] = square[SQUARE]
    rows, columns = SQUARE
    right[rows, columns.start - NEAR : columns.stop - NEAR] = square[SQUARE]
    disparity = np.full((HEIGHT, WIDTH), FAR, np.float32)
    disparity[SQUARE] = NEAR
    return left, right, disparity


def coarse(disparity, factor=4):
    """Return a disparity as from a network at a smaller resolution."""
    small = cv2.resize(disparity, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, disparity.shape[::-1])


def wrong(disparity, truth):
    """Return the share of the pixels in view that are more than half a pixel off."""
    return (np.abs(disparity - truth) > 0.5)[:, NEAR:].mean()


def test_blurred_edges_become_sharp():
    left, right, truth = two_planes()
    start = coarse(truth, 8)
    refined = refine(left, right, start, WIDTH)[0]
    assert refined.dtype == np.float32 and refined.shape == truth.shape
    assert wrong(refined, truth) < 0.8 * wrong(start, truth)


def test_finds_an_object_that_the_network_missed():
    left, right, truth = two_planes()
    refined = refine(left, right, np.full_like(truth, FAR), WIDTH)[0]
    assert wrong(refined[SQUARE], truth[SQUARE]) < 0.2


@pytest.mark.parametrize('offset', [-6.0, -1.5, 0.75, 6.0])
def test_corrects_a_wrong_surface(offset):
    left, right, truth = two_planes()
    refined, search = refine(left, right, truth + np.float32(offset), WIDTH)
    inside = np.s_[20:-20, 40:-20]
    assert wrong(refined[inside], truth[inside]) < 0.15
    assert np.median(search.correction[inside]) == pytest.approx(-offset, abs=0.25)


@pytest.mark.parametrize('offset', [-12.0, 12.0])
def test_large_images_are_searched_at_twice_the_network_width(offset):
    left, right, truth = (cv2.resize(x, None, fx=4, fy=4) for x in two_planes())
    truth *= 4
    refined, search = refine(left, right, truth + np.float32(offset), WIDTH)
    inside = np.s_[80:-80, 160:-80]
    assert np.median(search.correction[inside]) == pytest.approx(-offset, abs=1)
    assert (np.abs(refined - truth)[inside] > 2).mean() < 0.15
    assert search.matched[inside].mean() > 0.9


@pytest.mark.parametrize('network_width', [WIDTH, 50])
def test_the_correction_is_what_was_added(network_width):
    left, right, truth = two_planes()
    start = coarse(truth)
    refined, search = refine(left, right, start, network_width)
    np.testing.assert_array_equal(refined, start + search.correction)
    assert 1 < np.abs(search.correction).max() <= REACH * max(1, WIDTH / (2 * network_width)) + 0.1


def test_correct_disparities_match_and_those_out_of_view_do_not():
    left, right, truth = two_planes()
    matched = refine(left, right, truth, WIDTH)[1].matched
    assert matched.dtype == bool
    assert matched[20:-20, 40:].mean() > 0.9
    assert not matched[:, :FAR].any()
    rows, columns = SQUARE
    hidden = matched[rows, columns.start - (NEAR - FAR) : columns.start]
    assert not hidden.any()


def test_colour_and_grey_give_the_same():
    left, right, truth = two_planes()
    colours = (cv2.cvtColor(x, cv2.COLOR_GRAY2BGR) for x in (left, right))
    start = coarse(truth)
    np.testing.assert_array_equal(
        refine(*colours, start, WIDTH)[0], refine(left, right, start, WIDTH)[0]
    )


def test_the_number_of_opencv_threads_changes_nothing():
    left, right, truth = two_planes()
    before, found = cv2.getNumThreads(), []
    try:
        for threads in 1, 2, 5:
            cv2.setNumThreads(threads)
            found.append(refine(left, right, coarse(truth), WIDTH)[0])
    finally:
        cv2.setNumThreads(before)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_the_arguments_are_not_modified():
    arguments = two_planes()
    copies = [x.copy() for x in arguments]
    refine(*arguments, WIDTH)
    for argument, copy in zip(arguments, copies, strict=True):
        np.testing.assert_array_equal(argument, copy)


@pytest.mark.parametrize('level', [0, 128, 255])
def test_without_texture_the_disparity_stays(level):
    bare = np.full((HEIGHT, WIDTH), level, np.uint8)
    start = coarse(two_planes()[2])
    for right in bare, texture(3):
        refined, search = refine(bare, right, start, WIDTH)
        np.testing.assert_array_equal(refined, start)
        assert not search.matched.any()


def test_a_black_right_image_matches_much_less():
    left, right, truth = two_planes()
    seen = refine(left, right, truth, WIDTH)[1].matched.mean()
    assert refine(left, np.zeros_like(right), truth, WIDTH)[1].matched.mean() < 0.7 * seen


@pytest.mark.parametrize('shape', [(16, 16), (16, 200), (200, 16), (17, 33)])
@pytest.mark.parametrize('value', [0, -3, 15, 1e4, -1e4, 1e9])
@pytest.mark.parametrize('network_width', [16, 4])
def test_any_size_and_any_disparity(shape, value, network_width):
    left, right = (np.random.default_rng(n).integers(0, 255, shape, np.uint8) for n in (1, 2))
    start = np.full(shape, value, np.float32)
    refined, search = refine(left, right, start, network_width)
    assert refined.shape == search.matched.shape == shape
    assert np.isfinite(refined).all()
    if abs(value) > shape[1]:
        assert not search.matched.any()  # everything is out of view


@pytest.mark.parametrize('network_width', [WIDTH, 50])
def test_unknown_pixels_stay_unknown_and_do_not_affect_others(network_width):
    left, right, truth = two_planes()
    start = truth + np.float32(2)
    whole, _ = refine(left, right, start, network_width)
    start[:20, 60:] = np.nan
    start[100:, :30] = np.inf
    refined, search = refine(left, right, start, network_width)
    np.testing.assert_array_equal(np.isfinite(refined), np.isfinite(start))
    assert not search.matched[~np.isfinite(start)].any()
    far = np.s_[60:90, 60:]
    assert np.abs(refined[far] - whole[far]).mean() < 0.1


def test_a_disparity_without_known_pixels():
    left, right, truth = two_planes()
    refined, search = refine(left, right, np.full_like(truth, np.nan), WIDTH)
    assert np.isnan(refined).all()
    assert not search.matched.any()


def test_only_smaller_networks_gain():
    assert gains((480, 640, 3), (240, 320))
    assert gains((480, 640), (400, 520))
    assert not gains((480, 640), (480, 640))
    assert not gains((480, 640), (960, 1280))
