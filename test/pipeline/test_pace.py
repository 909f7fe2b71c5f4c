# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The effort of a match on a simulated machine whose load changes."""

from itertools import pairwise
import random

import pytest

from crestereo_ros.pipeline.pace import Effort, efforts_below, Pace, PATIENCE

ASKED = Effort(8, (240, 320))
PERIOD = 1 / 30  # seconds between two pairs of the simulated camera


class Machine:
    """A camera, and a network that spends its time differently than `Pace` first assumes."""

    def __init__(self, seed, passes, overhead, asked=ASKED):
        self.random = random.Random(seed)
        self.passes, self.overhead = passes, overhead
        self.pace = Pace(efforts_below(asked))
        self.now = 0.0

    def run(self, results, load, limit):
        """Return the efforts and the ages of the results."""
        efforts, ages = [], []
        for _ in range(results):
            # The newest pair has been waiting since the camera's latest tick, or is still to come.
            waited = self.now % PERIOD if self.now else 0.0
            effort = self.pace.choose(limit, waited)
            iterations, (height, width) = effort
            work = 2e-7 * height * width * (self.passes + iterations) + self.overhead
            seconds = load * work * self.random.uniform(0.9, 1.1)
            self.pace.add(seconds)
            self.now += seconds
            efforts.append(effort)
            ages.append(waited + seconds)
        return efforts, ages


def changes(efforts):
    return sum(a != b for a, b in pairwise(efforts))


def test_efforts_reduce_the_iterations_first_and_then_the_pixels():
    efforts = efforts_below(ASKED)
    assert efforts[0] == ASKED
    assert [n for n, _ in efforts[:4]] == [8, 5, 3, 2]
    assert all(size == (240, 320) for _, size in efforts[:4])
    assert all(n == 2 for n, _ in efforts[3:])
    heights = [height for _, (height, _) in efforts[3:]]
    assert heights == sorted(heights, reverse=True) and len(heights) > 3
    assert all(abs(width / height - 4 / 3) < 0.02 for _, (height, width) in efforts)


def test_fixed_values_are_not_reduced():
    assert {size for _, size in efforts_below(ASKED, smaller_resolution=False)} == {(240, 320)}
    assert {n for n, _ in efforts_below(ASKED, fewer_iterations=False)} == {8}
    assert efforts_below(ASKED, False, False) == [ASKED]
    assert efforts_below(Effort(1, (64, 96))) == [Effort(1, (64, 96))]


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize(('passes', 'overhead'), [(4, 0.0), (1, 0.02), (8, 0.01)])
def test_follows_a_load_that_comes_and_goes(seed, passes, overhead):
    machine = Machine(seed, passes, overhead)
    limit = 0.55  # enough for the requested effort on a machine without load
    before, _ = machine.run(60, 1.0, limit)
    assert set(before) == {ASKED}
    for _ in range(3):
        loaded, ages = machine.run(200, 3.0, limit)
        assert loaded[-1] != ASKED
        assert changes(loaded) <= 5
        assert max(ages[5:]) <= limit  # except the results in which the load was detected
        recovered, ages = machine.run(200, 1.0, limit)
        assert recovered[-1] == ASKED
        assert changes(recovered) <= 5
        assert max(ages) <= limit


@pytest.mark.parametrize('asked', [ASKED, Effort(2, (240, 320)), Effort(4, (480, 640))])
@pytest.mark.parametrize('updates', [2, 8, 32])
@pytest.mark.parametrize('share', [0.4, 0.65])
def test_constant_costs_do_not_keep_the_effort_low(asked, updates, share):
    iterations, (height, width) = asked
    update = 2e-7 * height * width
    machine = Machine(1, 4, updates * update, asked)
    limit = ((4 + iterations + updates) * update + PERIOD) / share
    for load, results in (1.0, 60), (3.0, 200), (1.0, 60), (3.0, 60):
        efforts, _ = machine.run(results, load, limit)
        assert (efforts[-1] == asked) == (load == 1.0)


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('limit', [0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4])
def test_settles_under_a_constant_load(seed, limit):
    efforts, ages = Machine(seed, 4, 0.01).run(600, 1.0, limit)
    assert changes(efforts) <= 8
    assert changes(efforts[200:]) <= 2
    assert sum(age > limit for age in ages[5:]) <= 3


def test_a_single_slow_match_costs_little():
    machine = Machine(1, 4, 0.0)
    machine.run(60, 1.0, 0.55)
    machine.run(1, 4.0, 0.55)
    efforts, _ = machine.run(60, 1.0, 0.55)
    assert efforts[-1] == ASKED
    assert changes(efforts) <= 4


def test_a_slow_first_match_is_forgotten():
    # The first one at a size may be many times slower than all others.
    pace = Pace(efforts_below(ASKED))
    used = []
    for number in range(300):
        iterations, (height, width) = effort = pace.choose(0.5, 0.0)
        first = 5.0 if number == 0 else 1.0
        pace.add(first * 2e-7 * height * width * (4 + iterations))
        used.append(effort)
    assert used[1] != ASKED
    assert used[-1] == ASKED


def waits_between_attempts(stands):
    """Return the numbers of results between attempts at ASKED, too slow after `stands` results."""
    pace = Pace(efforts_below(ASKED))
    waits, below, at_top = [], 0, 0
    for _ in range(1000):
        iterations, (height, width) = effort = pace.choose(0.5, 0.0)
        if effort == ASKED and below:
            waits.append(below)
        below, at_top = (0, at_top + 1) if effort == ASKED else (below + 1, 0)
        slow = 6.0 if at_top > stands else 1.0
        pace.add(slow * 1e-7 * height * width * (4 + iterations))
    return waits[1:4]


def test_a_trial_takes_twice_as_long_as_the_patience():
    first, second, third = waits_between_attempts(stands=int(1.5 * PATIENCE))
    assert second > 1.5 * first and third > 1.5 * second
    assert max(waits_between_attempts(stands=int(2.5 * PATIENCE))) <= PATIENCE + 2


def test_too_slow_at_the_smallest_effort():
    machine = Machine(1, 4, 0.0)
    machine.run(20, 1.0, 0.5)
    assert not machine.pace.is_too_slow
    machine.run(20, 50.0, 0.5)
    assert machine.pace.is_too_slow
    machine.run(20, 1.0, 0.5)
    assert not machine.pace.is_too_slow


def test_the_wait_of_a_pair_counts():
    def settled(waited):
        pace = Pace(efforts_below(ASKED))
        for _ in range(50):
            iterations, (height, width) = effort = pace.choose(0.3, waited)
            pace.add(2e-7 * height * width * (4 + iterations))
        return effort

    assert settled(0.0) == ASKED
    assert settled(0.12) < ASKED
