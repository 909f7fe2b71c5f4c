# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which items become pairs, which are dropped, and the reported problem."""

from concurrent.futures import ThreadPoolExecutor
import random

import pytest

from crestereo_ros.pairing import DropReason, PairingProblem, PairSynchronizer, Side

LEFT, RIGHT = Side.LEFT, Side.RIGHT


def feed(synchronizer, events):
    """Add ('L'|'R', stamp) events, with their names as items, and return the pairs."""
    pairs = []
    for letter, stamp in events:
        side = LEFT if letter == 'L' else RIGHT
        pair = synchronizer.add(side, stamp, f'{letter}{stamp}')
        if pair is not None:
            assert pair.left == f'L{pair.left_stamp}'
            assert pair.right == f'R{pair.right_stamp}'
            pairs.append((pair.left_stamp, pair.right_stamp))
    return pairs


def accounted_for(snapshot):
    return 2 * snapshot.pairs + sum(snapshot.dropped.values())


@pytest.mark.parametrize('events', [[('L', 5), ('R', 5)], [('R', 5), ('L', 5)]])
def test_equal_stamps_pair_whichever_side_comes_first(events):
    assert feed(PairSynchronizer(), events) == [(5, 5)]


def test_without_tolerance_a_nanosecond_keeps_items_apart():
    now = 1_700_000_000_123_456_789  # more digits than a float has
    assert feed(PairSynchronizer(), [('L', now), ('R', now + 1)]) == []


def test_one_side_may_be_ahead():
    events = [('L', 0), ('L', 1), ('L', 2), ('R', 0), ('R', 1), ('R', 2)]
    assert feed(PairSynchronizer(), events) == [(0, 0), (1, 1), (2, 2)]


def test_tolerance_is_inclusive():
    assert feed(PairSynchronizer(tolerance=10), [('L', 0), ('R', 10)]) == [(0, 10)]
    assert feed(PairSynchronizer(tolerance=10), [('L', 0), ('R', 11)]) == []


def test_the_nearest_waiting_item_is_the_partner():
    synchronizer = PairSynchronizer(tolerance=100)
    assert feed(synchronizer, [('L', 0), ('L', 80), ('L', 150), ('R', 90)]) == [(80, 90)]
    assert synchronizer.snapshot().dropped == {(LEFT, DropReason.UNMATCHED): 1}
    assert feed(synchronizer, [('R', 160)]) == [(150, 160)]


def test_items_that_a_pair_overtakes_are_dropped_on_both_sides():
    synchronizer = PairSynchronizer()
    assert feed(synchronizer, [('L', 1), ('R', 2), ('R', 3), ('L', 3)]) == [(3, 3)]
    assert synchronizer.snapshot().dropped == {
        (LEFT, DropReason.UNMATCHED): 1,
        (RIGHT, DropReason.UNMATCHED): 1,
    }


def test_the_queue_is_bounded_and_keeps_the_newest():
    synchronizer = PairSynchronizer(queue_size=2)
    assert feed(synchronizer, [('L', stamp) for stamp in range(5)]) == []
    assert synchronizer.snapshot().dropped == {(LEFT, DropReason.OVERFLOW): 3}
    assert feed(synchronizer, [('R', stamp) for stamp in range(5)]) == [(3, 3), (4, 4)]


def test_a_repeated_stamp_is_dropped():
    synchronizer = PairSynchronizer()
    assert feed(synchronizer, [('L', 1), ('L', 1), ('R', 1), ('R', 1), ('L', 1)]) == [(1, 1)]
    assert synchronizer.snapshot().dropped == {
        (LEFT, DropReason.DUPLICATE): 2,
        (RIGHT, DropReason.DUPLICATE): 1,
    }


@pytest.mark.parametrize('first', ['L', 'R'])
def test_pairing_continues_after_time_jumps_back(first):
    second = 'R' if first == 'L' else 'L'
    synchronizer = PairSynchronizer()
    epoch = [(side, stamp) for stamp in (100, 101, 102) for side in (first, second)]
    loop = [(side, stamp) for stamp in (0, 1, 2, 100, 101) for side in (first, second)]
    expected = [(stamp, stamp) for _, stamp in (epoch + loop)[::2]]
    assert feed(synchronizer, epoch + loop) == expected
    assert synchronizer.snapshot().dropped == {}


def test_a_side_may_jump_back_long_before_the_other():
    synchronizer = PairSynchronizer()
    events = [('L', 50), ('L', 0), ('L', 1), ('R', 49), ('R', 0), ('R', 1)]
    assert feed(synchronizer, events) == [(0, 0), (1, 1)]
    assert synchronizer.snapshot().dropped == {
        (LEFT, DropReason.TIME_JUMP): 1,
        (RIGHT, DropReason.TIME_JUMP): 1,
    }


def test_a_full_queue_of_old_stamps_does_not_block_new_ones():
    synchronizer = PairSynchronizer(queue_size=3)
    feed(synchronizer, [('L', stamp) for stamp in range(100, 110)])
    assert feed(synchronizer, [('L', 0), ('R', 0)]) == [(0, 0)]


def test_tolerance_and_queue_size_change_while_running():
    synchronizer = PairSynchronizer()
    assert feed(synchronizer, [('L', 0), ('L', 20), ('R', 3)]) == []
    synchronizer.configure(tolerance=5, queue_size=1)
    assert feed(synchronizer, [('R', 22), ('R', 40), ('R', 60), ('L', 40)]) == [(20, 22)]
    assert synchronizer.snapshot().dropped[RIGHT, DropReason.OVERFLOW] == 1


@pytest.mark.parametrize(
    ('settings', 'name'), [({'tolerance': -1}, 'tolerance'), ({'queue_size': 0}, 'queue_size')]
)
def test_refuses_settings_out_of_range(settings, name):
    with pytest.raises(ValueError, match=name):
        PairSynchronizer(**settings)


@pytest.mark.parametrize(
    ('events', 'problem'),
    [
        ([], PairingProblem.NO_ITEMS),
        ([('L', 0)], None),
        ([('L', 0), ('R', 9)], None),
        ([('L', 0), ('L', 10)], PairingProblem.ONLY_LEFT),
        ([('R', 0), ('R', 10)], PairingProblem.ONLY_RIGHT),
        ([('L', 0), ('R', 4), ('L', 10)], PairingProblem.STAMPS_DIFFER),
        ([(side, 7) for _ in range(3) for side in 'LR'], PairingProblem.FROZEN_STAMPS),
        ([('L', 1), ('L', 1), ('L', 1), ('R', 5), ('R', 6)], PairingProblem.FROZEN_STAMPS),
        ([('L', 1), ('L', 2), ('L', 3), ('R', 3)], PairingProblem.NO_ITEMS),
    ],
)
def test_the_snapshot_names_the_problem(events, problem):
    synchronizer = PairSynchronizer()
    feed(synchronizer, events)
    assert synchronizer.snapshot().problem is problem


def test_the_nearest_miss_is_the_tolerance_that_is_needed():
    synchronizer = PairSynchronizer()
    assert synchronizer.snapshot().nearest_miss is None
    feed(synchronizer, [('L', 0), ('R', 9), ('L', 13), ('R', 30)])
    miss = synchronizer.snapshot().nearest_miss
    assert miss == 4
    synchronizer.configure(tolerance=miss, queue_size=10)
    assert feed(synchronizer, [('L', 34)]) == [(34, 30)]
    assert synchronizer.snapshot().nearest_miss is None


@pytest.mark.parametrize('tolerance', [0, 3, 12])
@pytest.mark.parametrize('seed', range(5))
def test_every_item_is_paired_or_counted_and_stamps_only_increase(seed, tolerance):
    generator = random.Random(seed)
    synchronizer = PairSynchronizer(tolerance, queue_size=4)
    arrivals = []
    for letter in 'LR':
        arrival = 0
        for frame in range(300):
            arrival = max(arrival, 10 * frame + generator.randrange(30))
            stamp = 10 * frame + generator.randrange(3)
            # Some messages are lost, and some arrive twice.
            arrivals += [(arrival, letter, stamp)] * generator.choice([0, 1, 1, 1, 1, 2])
    events = [(letter, stamp) for _, letter, stamp in sorted(arrivals, key=lambda a: a[0])]
    pairs = feed(synchronizer, events)
    assert len(pairs) > 50
    assert all(abs(left - right) <= tolerance for left, right in pairs)
    for before, after in zip(pairs, pairs[1:], strict=False):
        assert before[0] < after[0]
        assert before[1] < after[1]

    snapshot = synchronizer.snapshot()
    assert sum(snapshot.received.values()) == len(events)
    assert snapshot.pairs == len(pairs)
    assert 0 <= len(events) - accounted_for(snapshot) <= 2 * 4


def test_threads_share_a_synchronizer():
    synchronizer = PairSynchronizer(queue_size=1_000)
    stamps = range(1_000)

    def add_all(side):
        return [synchronizer.add(side, stamp, stamp) for stamp in stamps]

    with ThreadPoolExecutor(2) as threads:
        results = [threads.submit(add_all, side) for side in Side]
        pairs = [pair for result in results for pair in result.result() if pair is not None]
    assert sorted(pair.left for pair in pairs) == list(stamps)
    assert all(pair.left == pair.right for pair in pairs)
    assert synchronizer.snapshot().dropped == {}


def test_items_with_invalid_stamps_are_counted_and_reported():
    synchronizer = PairSynchronizer()
    for stamp in range(3):
        assert synchronizer.add(LEFT, stamp, stamp) is None
        synchronizer.reject(RIGHT)
    snapshot = synchronizer.snapshot()
    assert snapshot.received == {LEFT: 3, RIGHT: 3}
    assert snapshot.dropped == {(RIGHT, DropReason.INVALID_STAMP): 3}
    assert snapshot.problem is PairingProblem.FROZEN_STAMPS
