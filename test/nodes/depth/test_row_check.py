# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measuring the rows from time to time."""

import threading
import time

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.nodes.depth import row_check  # noqa: E402
from crestereo_ros.nodes.depth.row_check import RowCheck  # noqa: E402


def wait_for(condition):
    end = time.monotonic() + 60
    while not (value := condition()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return value


@pytest.fixture
def check():
    check = RowCheck()
    yield check
    check.close(60)


def test_one_pair_is_measured_and_the_next_ones_are_not(check, shifted_pair, monkeypatch):
    measured = []
    measure = row_check.row_offset
    monkeypatch.setattr(row_check, 'row_offset', lambda *x: measured.append(x) or measure(*x))
    for _ in range(10):
        check.offer(*shifted_pair(rows=4))
    offset = wait_for(lambda: check.offset)
    assert offset.pixels == pytest.approx(4, abs=0.5)
    assert not offset.lines_up
    for _ in range(10):
        check.offer(*shifted_pair(rows=4))
    assert len(measured) == 1


def test_restart_forgets_the_measurement_in_progress(check, shifted_pair, monkeypatch):
    go_on, started = threading.Event(), threading.Event()
    measure = row_check.row_offset

    def slow(left, right):
        started.set()
        assert go_on.wait(60)
        return measure(left, right)

    monkeypatch.setattr(row_check, 'row_offset', slow)
    check.offer(*shifted_pair(rows=4))
    assert started.wait(60)
    check.restart()
    check.offer(*shifted_pair(rows=0))
    go_on.set()
    assert wait_for(lambda: check.offset).lines_up


def test_a_blank_pair_has_no_offset(check, monkeypatch):
    done = threading.Event()
    measure = row_check.row_offset

    def measured(left, right):
        offset = measure(left, right)
        done.set()
        return offset

    monkeypatch.setattr(row_check, 'row_offset', measured)
    check.offer(*np.zeros((2, 96, 128), np.uint8))
    assert done.wait(60)
    assert check.offset is None and check.failure == ''
