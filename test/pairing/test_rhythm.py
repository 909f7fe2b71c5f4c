# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Rate, period and losses of a camera."""

import random

import pytest

from crestereo_ros.pairing import common_period, is_multiple, Rhythm

PERIOD = 33_333_333


def rhythm_of(stamps, delay=0.0):
    rhythm = Rhythm()
    for stamp in stamps:
        rhythm.add(stamp, stamp / 1e9 + delay)
    return rhythm


def test_rate_age_and_period_of_a_steady_camera():
    rhythm = rhythm_of(range(0, 90 * PERIOD, PERIOD), delay=7.0)
    now = 89 * PERIOD / 1e9 + 7.0
    assert rhythm.rate(now) == pytest.approx(30.0, rel=1e-3)
    assert rhythm.age(now + 0.25) == pytest.approx(0.25)
    assert rhythm.period == pytest.approx(1 / 30, rel=1e-3)
    assert rhythm.lost == 0


def test_a_camera_that_stopped_has_an_age_but_no_rate():
    rhythm = rhythm_of(range(0, 90 * PERIOD, PERIOD))
    now = 89 * PERIOD / 1e9 + 60.0
    assert rhythm.rate(now) == 0.0
    assert rhythm.age(now) == pytest.approx(60.0)


def test_nothing_is_known_before_the_first_item():
    rhythm = Rhythm()
    assert (rhythm.rate(1.0), rhythm.age(1.0), rhythm.period, rhythm.lost) == (0.0, None, None, 0)


@pytest.mark.parametrize('kept', [0.9, 0.6, 0.4])
def test_counts_lost_items_despite_jitter(kept):
    generator = random.Random(1)
    stamps = [i * PERIOD + generator.randrange(PERIOD // 10) for i in range(1000)]
    received = [stamp for stamp in stamps if generator.random() < kept]
    lost = rhythm_of(received).lost
    assert lost == pytest.approx(len(stamps) - len(received), rel=0.1)


def test_pauses_jumps_and_repeats_are_not_losses():
    first = list(range(0, 40 * PERIOD, PERIOD))
    after_a_pause = [stamp + 60_000_000_000 for stamp in first]
    repeated = [stamp for stamp in first for _ in range(2)]
    rhythm = rhythm_of([*first, *after_a_pause, *first, *repeated])
    assert rhythm.lost == 0
    assert rhythm.period == pytest.approx(PERIOD / 1e9)


def test_items_that_were_not_requested_are_not_lost():
    rhythm = rhythm_of(range(0, 40 * PERIOD, PERIOD))
    rhythm.restart()
    rhythm.add(100 * PERIOD, 3.5)
    assert rhythm.lost == 0


def test_items_without_a_stamp_count_for_the_rate():
    rhythm = Rhythm()
    for second in range(4):
        rhythm.add(None, float(second))
    assert (rhythm.rate(3.0), rhythm.age(3.5), rhythm.lost) == (1.0, 0.5, 0)


@pytest.mark.parametrize(
    ('multiples', 'period'),
    [
        ([1, 1, 1, 1], 1),
        ([1, 2, 1, 3, 1], 1),
        ([2, 3, 4, 5], 1),  # none is a single period
        ([2, 2, 2, 2], 2),  # nothing shows that the period is half as long
        ([1, 1.5, 1.3, 1.7, 2.2], None),
        ([1, 1], None),
    ],
)
def test_finds_the_period_although_items_are_missing(multiples, period):
    found = common_period(
        [round(x * PERIOD) + (-1) ** n * 1_000_000 for n, x in enumerate(multiples)]
    )
    if period is None:
        assert found is None
    else:
        assert found == pytest.approx(period / 30, rel=0.07)


def test_multiples():
    assert is_multiple(2.1, 1.0) and is_multiple(0.9, 1.0)
    assert not is_multiple(0.1, 1.0) and not is_multiple(1.5, 1.0)
