# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Counts of what became of pairs."""

from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip('diagnostic_msgs', reason='needs the ROS messages')

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402

from crestereo_ros.nodes.diagnostics import PairDrop, Result, status, Tally  # noqa: E402

RESULT = Result(resolution=(480, 640), iterations=5, inference=0.2, age=0.3)


def test_trouble_lasts_until_a_pair_gives_a_disparity():
    tally = Tally()
    assert tally.trouble == ''
    tally.add_drop(PairDrop.UNUSABLE, 'sizes differ')
    tally.add_drop(PairDrop.NO_SUBSCRIBER)
    assert tally.trouble == 'sizes differ'
    tally.add_result(RESULT)
    assert tally.trouble == ''
    assert (tally.results, tally.latest) == (1, RESULT)


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


def test_status_message():
    message = status('node: depth', DiagnosticStatus.WARN, 'no images', {'pairs': 3})
    assert (message.name, message.level) == ('node: depth', DiagnosticStatus.WARN)
    assert message.message == 'no images'
    assert [(item.key, item.value) for item in message.values] == [('pairs', '3')]
