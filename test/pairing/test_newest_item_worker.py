# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which items a worker processes and drops, and how it fails and ends."""

import logging
from queue import Queue
from threading import Event
from time import monotonic, sleep
from weakref import finalize

import pytest

from crestereo_ros.pairing import NewestItemWorker

TIMEOUT = 30  # seconds; only reached by a failure


class Item:
    """An object that can be watched."""


class Bench:
    """A worker whose work the test controls."""

    def __init__(self):
        self.started = Queue()
        self.finish = Queue()
        self.errors = Queue()
        self.worker = NewestItemWorker(self.work, self.errors.put)

    def work(self, item):
        self.started.put(item)
        error = self.finish.get(timeout=TIMEOUT)
        if error is not None:
            raise error

    def next_item(self):
        return self.started.get(timeout=TIMEOUT)

    def end(self, error=None):
        self.finish.put(error)


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.end()
    assert bench.worker.stop(TIMEOUT)


def wait_until(condition):
    deadline = monotonic() + TIMEOUT
    while not condition():
        assert monotonic() < deadline
        sleep(0.001)


def counts(worker):
    snapshot = worker.snapshot()
    in_hand = snapshot.waiting + snapshot.busy
    done = snapshot.processed + snapshot.failed + snapshot.dropped
    assert snapshot.received == done + in_hand
    return snapshot.processed, snapshot.failed, snapshot.dropped


def test_the_newest_item_wins_and_drops_are_counted(bench):
    bench.worker.put(1)
    assert bench.next_item() == 1
    for item in (2, 3, 4):
        bench.worker.put(item)
    assert counts(bench.worker) == (0, 0, 2)
    bench.end()
    assert bench.next_item() == 4
    assert counts(bench.worker) == (1, 0, 2)


def test_nothing_is_dropped_while_the_worker_keeps_up(bench):
    for item in (None, 0, 'image'):
        bench.worker.put(item)
        assert bench.next_item() == item
        bench.end()
        # Put the next item only once this one is done, so that none is replaced.
        wait_until(lambda: not bench.worker.snapshot().busy)
    assert counts(bench.worker) == (3, 0, 0)


def test_an_exception_is_reported_and_work_continues(bench):
    error = ValueError('no such encoding')
    bench.worker.put(1)
    bench.next_item()
    bench.worker.put(2)
    bench.end(error)
    assert bench.next_item() == 2
    assert bench.errors.get(timeout=TIMEOUT) is error
    assert counts(bench.worker) == (0, 1, 0)


def test_a_failing_report_is_logged_and_work_continues(caplog):
    done = Event()

    def work(item):
        if item == 'bad':
            raise ValueError('bad item')
        done.set()

    def report(error):
        raise RuntimeError('the report failed')

    worker = NewestItemWorker(work, report)
    with caplog.at_level(logging.ERROR):
        worker.put('bad')
        wait_until(lambda: worker.snapshot().failed == 1)
        worker.put('good')
        assert done.wait(TIMEOUT)
    assert 'bad item' in caplog.text
    assert 'the report failed' in caplog.text
    assert worker.stop(TIMEOUT)


def test_stop_returns_at_once_while_work_is_in_progress(bench):
    bench.worker.put(1)
    bench.next_item()
    bench.worker.put(2)
    assert bench.worker.stop() is False
    bench.worker.put(3)
    assert counts(bench.worker) == (0, 0, 2)
    bench.end()
    assert bench.worker.stop(TIMEOUT)
    assert bench.started.empty()
    assert counts(bench.worker) == (1, 0, 2)


@pytest.mark.parametrize('failure', [None, ValueError('no such encoding')])
def test_an_item_is_released_once_the_work_is_done(bench, failure):
    """Not only when the next one arrives, because images are large."""
    item = Item()
    released = Event()
    finalize(item, released.set)
    bench.worker.put(item)
    bench.next_item()
    bench.end(failure)
    if failure:
        bench.errors.get(timeout=TIMEOUT).__traceback__ = None  # its frames refer to the item
    del item
    assert released.wait(TIMEOUT)


def test_an_idle_worker_stops():
    worker = NewestItemWorker(print, print)
    assert worker.stop(TIMEOUT)
    worker.put(1)
    assert counts(worker) == (0, 0, 1)
