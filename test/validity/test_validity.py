# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The checks together: each finds its own pixels."""

from dataclasses import replace

import numpy as np
import pytest

from crestereo_ros.matching import Match
from crestereo_ros.validity import Checks, confidence_of, pixels_that_pass

NONE = Checks(out_of_view=False, occlusion=False, flying_pixels=False)


@pytest.fixture
def match(planes):
    disparity = planes.disparity.copy()
    disparity[10, 100] = np.nan
    disparity[60, 59] = 13  # between the square and the wall
    return Match(disparity, np.zeros_like(disparity), None, 4, disparity.shape, 0.1, 'cpu')


@pytest.fixture
def valid(match):
    """Return a function that returns the pixels that pass."""

    def valid(checks, *arguments):
        return pixels_that_pass(match, checks, *arguments)

    return valid


def test_without_checks_only_nan_is_unknown(valid):
    unknown = np.argwhere(~valid(NONE))
    np.testing.assert_array_equal(unknown, [[10, 100]])


def test_every_check_finds_its_own_pixels(planes, valid):
    assert not valid(replace(NONE, out_of_view=True))[planes.out_of_view].any()
    hidden = planes.hidden.copy()
    hidden[60, 59] = False
    assert not valid(replace(NONE, occlusion=True))[hidden].any()
    assert not valid(replace(NONE, flying_pixels=True))[60, 59]
    everything = valid(Checks())
    assert not everything[planes.hidden | planes.out_of_view].any()
    assert everything[planes.square].mean() > 0.95


def test_borders_that_no_camera_saw_are_unknown(planes, match):
    seen, seen_right = (np.ones(planes.disparity.shape, bool) for _ in range(2))
    seen[:, :40] = False
    seen_right[:, 150:] = False

    def valid(checks):
        return pixels_that_pass(match, checks, seen=seen, seen_right=seen_right)

    found = valid(replace(NONE, out_of_view=True))
    assert not found[:, :40].any()
    assert found[:9, 40:156].all()  # the wall, whose disparity is 6
    assert not found[:, 157:].any()
    assert valid(NONE)[:9].all()


def test_pixels_beyond_infinity_are_unknown_if_the_offset_is_known(planes, valid):
    wall = ~planes.square & ~planes.out_of_view
    wall[10, 100] = wall[60, 59] = False
    check = replace(NONE, out_of_view=True)
    assert valid(check)[wall].all()
    assert valid(check, 6.0)[wall].all()  # infinitely far, within the error of the network
    assert not valid(check, 8.0)[wall].any()
    assert valid(check, 8.0)[planes.square].all()


def test_the_left_right_check_runs_with_a_right_disparity(planes, valid):
    found = valid(NONE, None, planes.disparity_right)
    assert not found[planes.hidden].any()
    assert found[planes.square].all()


def test_passing_pixels_get_the_confidence_of_the_network(planes, match, valid):
    confidence = np.full_like(planes.disparity, 0.4)
    confidence[:50] = 0.6
    passing = valid(Checks())
    found = confidence_of(
        replace(match, confidence=confidence), planes.left, planes.right, passing
    )
    np.testing.assert_array_equal(found, np.where(passing, confidence, 0))
    assert found.dtype == np.float32


def test_the_confidence_is_estimated_if_the_network_has_none(planes, match, valid):
    passing = valid(NONE)
    found = confidence_of(match, planes.left, planes.right, passing)
    assert found[planes.square].mean() > 0.7
    assert (found[planes.hidden] >= 0.9).mean() < 0.5
    assert found[10, 100] == 0
