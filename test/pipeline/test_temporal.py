# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""When a frame starts from the previous disparity, and when not."""

import cv2
import numpy as np
import pytest

from crestereo_ros.pipeline.temporal import PreviousDisparity

PERIOD = 33_000_000


def scene(seed, height=96, width=128):
    small = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


@pytest.fixture
def disparity():
    return np.full((96, 128), 7, np.float32)


@pytest.fixture
def previous(disparity):
    previous = PreviousDisparity()
    for number in range(4):
        previous.start_for(scene(1), number * PERIOD, 'fast')
        previous.keep(disparity)
    return previous


def test_the_first_frame_starts_from_nothing():
    previous = PreviousDisparity()
    assert previous.start_for(scene(1), 0, 'fast') is None
    assert previous.reason == 'no frame before'


@pytest.mark.parametrize(
    'image',
    [
        scene(1),
        np.roll(scene(1), 4, axis=1),  # the camera turns
        cv2.convertScaleAbs(scene(1), alpha=0.5, beta=20),  # and its exposure changes
    ],
)
def test_a_similar_frame_starts_from_the_previous_one(previous, disparity, image):
    assert previous.start_for(image, 4 * PERIOD, 'fast') is disparity
    assert previous.reason == ''


@pytest.mark.parametrize(
    ('image', 'frame', 'setup', 'reason'),
    [
        (scene(2), 4, 'fast', 'cut'),
        (np.zeros((96, 128, 3), np.uint8), 4, 'fast', 'cut'),
        (scene(1), 3, 'fast', 'jump of time'),
        (scene(1), 2, 'fast', 'jump of time'),
        (scene(1), 60, 'fast', 'jump of time'),
        (scene(1), 6, 'fast', 'lost frames'),
        (scene(1, 48, 64), 4, 'fast', 'other size'),
        (scene(1), 4, 'image', 'other settings'),
    ],
)
def test_starts_from_nothing_once_and_then_continues(previous, image, frame, setup, reason):
    assert previous.start_for(image, frame * PERIOD, setup) is None
    assert previous.reason == reason
    found = np.zeros(image.shape[:2], np.float32)
    previous.keep(found)
    if image.any():
        assert previous.start_for(image, (frame + 1) * PERIOD, setup) is found


def test_one_skipped_frame_makes_no_difference(previous, disparity):
    assert previous.start_for(scene(1), 5 * PERIOD, 'fast') is disparity


def test_one_lost_frame_affects_only_the_next(previous, disparity):
    assert previous.start_for(scene(1), 5 * PERIOD, 'fast', lost=1) is None
    assert previous.reason == 'lost frames'
    previous.keep(disparity)
    assert previous.start_for(scene(1), 6 * PERIOD, 'fast', lost=1) is disparity


def test_a_fast_turn_is_not_a_cut(previous, disparity):
    moved = np.roll(scene(1), (8, 14), axis=(0, 1))
    assert previous.start_for(moved, 4 * PERIOD, 'fast') is disparity


def test_a_steady_slower_rate_becomes_the_usual_one(previous, disparity):
    for number in range(2, 12):
        previous.start_for(scene(1), number * 6 * PERIOD, 'fast')
        previous.keep(disparity)
    assert previous.start_for(scene(1), 12 * 6 * PERIOD, 'fast') is disparity


def test_a_frame_that_failed_leaves_nothing_to_start_from(previous, disparity):
    previous.start_for(scene(1), 4 * PERIOD, 'fast')
    assert previous.start_for(scene(1), 5 * PERIOD, 'fast') is None
    previous.keep(disparity)
    previous.forget()
    assert previous.start_for(scene(1), 6 * PERIOD, 'fast') is None
    assert previous.reason == 'no frame before'
