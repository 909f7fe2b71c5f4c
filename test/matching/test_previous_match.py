# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""When a match begins with the disparity of the frame before."""

import cv2
import numpy as np
import pytest

from crestereo_ros.matching.previous_match import PreviousMatch

PERIOD = 33_000_000
DISPARITY = np.full((120, 160), 7, np.float32)


def picture(seed, shift=0):
    noise = np.random.default_rng(seed).integers(0, 255, (12, 16 + 8), np.uint8)
    large = cv2.resize(noise, (240, 120), interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(large[:, shift : shift + 160])


@pytest.fixture
def stream():
    """Return the stream of five frames that show the same."""
    previous = PreviousMatch()
    assert previous.start(picture(1), 0) is None
    for number in range(1, 5):
        previous.keep(DISPARITY)
        assert previous.start(picture(1), number * PERIOD) is DISPARITY
    previous.keep(DISPARITY)
    return previous


def test_a_camera_that_moves_continues(stream):
    assert stream.start(picture(1, shift=5), 5 * PERIOD) is DISPARITY


def test_brightness_may_change(stream):
    assert stream.start(picture(1) // 2 + 60, 5 * PERIOD) is DISPARITY


def test_colour_and_grey_are_the_same_to_it(stream):
    assert stream.start(cv2.cvtColor(picture(1), cv2.COLOR_GRAY2BGR), 5 * PERIOD) is DISPARITY


@pytest.mark.parametrize(
    ('image', 'stamp'),
    [
        pytest.param(picture(2), 5 * PERIOD, id='cut'),
        pytest.param(np.zeros_like(picture(1)), 5 * PERIOD, id='black'),
        pytest.param(picture(1), 6 * PERIOD, id='a frame is lost'),
        pytest.param(picture(1), 4 * PERIOD, id='the same stamp'),
        pytest.param(picture(1), 0, id='time goes back'),
        pytest.param(picture(1), 5 * PERIOD + 3_600_000_000_000, id='time jumps'),
        pytest.param(picture(1)[:60], 5 * PERIOD, id='another size'),
    ],
)
def test_what_breaks_a_stream(stream, image, stamp):
    assert stream.start(image, stamp) is None
    disparity = np.zeros(image.shape, np.float32)
    stream.keep(disparity)
    assert stream.start(image, stamp + PERIOD) is disparity


def test_what_is_told_to_break_it(stream):
    stream.forget()
    assert stream.start(picture(1), 5 * PERIOD) is None


def test_another_rate_becomes_the_usual_one(stream):
    starts = []
    for number in range(12):
        starts.append(stream.start(picture(1), (5 + 3 * number) * PERIOD) is not None)
        stream.keep(DISPARITY)
    assert not all(starts) and all(starts[-4:])
