# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Counts of what became of pairs."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.nodes.depth.settings import MatcherKey  # noqa: E402
from crestereo_ros.nodes.depth.tally import Latest, PairDrop, Tally  # noqa: E402

LATEST = Latest(
    MatcherKey('', 'cpu', 0),
    provider='cpu',
    placement=None,
    resolution=(480, 640),
    iterations=5,
    inference=0.2,
    overhead=0.01,
    age=0.3,
)


def test_an_error_lasts_until_a_pair_gives_a_disparity():
    tally = Tally()
    assert tally.last_error == ''
    tally.add_drop(PairDrop.UNUSABLE, 'sizes differ')
    tally.add_drop(PairDrop.NO_SUBSCRIBER)
    assert (tally.last_error, tally.fails) == ('sizes differ', False)
    tally.add_drop(PairDrop.FAILED, 'too little memory')
    tally.add_drop(PairDrop.NO_SUBSCRIBER)
    assert (tally.last_error, tally.fails) == ('too little memory', True)
    tally.add_result(LATEST)
    assert (tally.last_error, tally.fails) == ('', False)
    assert (tally.results, tally.latest) == (1, LATEST)


def test_drops_are_counted_for_every_reason():
    tally = Tally()
    assert tally.drops == dict.fromkeys(PairDrop, 0)

    def count(reason):
        for _ in range(10_000):
            tally.add_drop(reason)

    with ThreadPoolExecutor() as threads:
        list(threads.map(count, [PairDrop.NO_MODEL, PairDrop.FAILED] * 2))
    assert tally.drops[PairDrop.NO_MODEL] == tally.drops[PairDrop.FAILED] == 20_000
    assert sum(tally.drops.values()) == 40_000


def test_the_latest_results_are_kept():
    tally = Tally()
    assert tally.latest is None and tally.recent == []
    results = [replace(LATEST, age=float(n)) for n in range(250)]
    for result in results:
        tally.add_result(result)
    assert tally.results == 250
    assert tally.recent == results[-100:]
    assert tally.latest == results[-1]
