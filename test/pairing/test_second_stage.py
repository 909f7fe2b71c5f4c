# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Two stages of work side by side, without a queue between them."""

from threading import Event, get_ident, Thread
import time

import pytest

from crestereo_ros.pairing import SecondStage

LONG = 10.0  # seconds until a thread counts as stuck


@pytest.fixture
def errors():
    return []


@pytest.fixture
def stage(errors):
    stage = SecondStage(errors.append)
    yield stage
    stage.stop(LONG)


def test_the_caller_continues_while_the_work_runs(stage):
    begun, continue_work, threads = Event(), Event(), []

    def work():
        threads.append(get_ident())
        begun.set()
        assert continue_work.wait(LONG)

    stage.run(work)
    assert begun.wait(LONG)  # only possible in another thread
    continue_work.set()
    stage.stop(LONG)
    assert threads != [get_ident()]


def test_the_next_work_waits_for_the_previous_one(stage):
    continue_work, done = Event(), Event()
    stage.run(lambda: continue_work.wait(LONG))
    second = Thread(target=stage.run, args=[done.set])
    second.start()
    second.join(0.05)
    assert second.is_alive() and not done.is_set()
    continue_work.set()
    second.join(LONG)
    assert done.wait(LONG)


def test_returns_the_seconds_of_the_latest_finished_work(stage):
    assert stage.run(lambda: time.sleep(0.02)) == 0
    assert stage.run(lambda: None) >= 0.02
    assert stage.run(lambda: None) < 0.02


def test_an_error_is_reported_and_the_next_work_runs(stage, errors):
    done = Event()

    def fail():
        raise ValueError('wrong')

    stage.run(fail)
    stage.run(done.set)
    assert done.wait(LONG)
    assert [str(error) for error in errors] == ['wrong']


def test_work_in_turns_runs_in_the_callers_thread(errors):
    stage, threads = SecondStage(errors.append), []

    def work():
        threads.append(get_ident())
        time.sleep(0.02)
        raise ValueError('wrong')

    assert stage.run(work, in_thread=False) >= 0.02
    assert threads == [get_ident()] and len(errors) == 1
    stage.stop()


def test_stop_waits_for_the_work_in_progress_up_to_the_timeout(errors):
    stage, continue_work, done = SecondStage(errors.append), Event(), Event()
    stage.run(lambda: (continue_work.wait(LONG), done.set()))
    stage.stop(0.01)
    assert not done.is_set()
    continue_work.set()
    stage.stop(LONG)
    assert done.is_set()


def test_work_in_the_caller_waits_for_work_in_the_thread(stage):
    done = []
    stage.run(lambda: (time.sleep(0.05), done.append('in thread')))
    stage.run(lambda: done.append('in caller'), in_thread=False)
    assert done == ['in thread', 'in caller']
