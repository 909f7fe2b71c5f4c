# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Counts of what happened to the pairs."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.nodes.depth.pair_counters import Latest, PairCounters, PairDrop  # noqa: E402
from crestereo_ros.nodes.depth.settings import MatcherKey  # noqa: E402

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


def test_an_error_stays_until_a_pair_gives_a_disparity():
    counters = PairCounters()
    assert counters.last_error == ''
    counters.add_drop(PairDrop.UNUSABLE, 'sizes differ')
    counters.add_drop(PairDrop.NO_SUBSCRIBER)
    assert (counters.last_error, counters.fails) == ('sizes differ', False)
    counters.add_drop(PairDrop.FAILED, 'too little memory')
    counters.add_drop(PairDrop.NO_SUBSCRIBER)
    assert (counters.last_error, counters.fails) == ('too little memory', True)
    counters.add_result(LATEST)
    assert (counters.last_error, counters.fails) == ('', False)
    assert (counters.results, counters.latest) == (1, LATEST)


def test_drops_are_counted_by_reason():
    counters = PairCounters()
    assert counters.drops == dict.fromkeys(PairDrop, 0)

    def count(reason):
        for _ in range(10_000):
            counters.add_drop(reason)

    with ThreadPoolExecutor() as threads:
        list(threads.map(count, [PairDrop.NO_MODEL, PairDrop.FAILED] * 2))
    assert counters.drops[PairDrop.NO_MODEL] == counters.drops[PairDrop.FAILED] == 20_000
    assert sum(counters.drops.values()) == 40_000


def test_the_latest_results_are_kept():
    counters = PairCounters()
    assert counters.latest is None and counters.recent == []
    results = [replace(LATEST, age=float(n)) for n in range(250)]
    for result in results:
        counters.add_result(result)
    assert counters.results == 250
    assert counters.recent == results[-100:]
    assert counters.latest == results[-1]
