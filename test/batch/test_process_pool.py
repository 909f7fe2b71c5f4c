# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Workers in processes."""

import os

import pytest

from crestereo_ros.batch.errors import BatchError
from crestereo_ros.batch.process_pool import ProcessPool
from crestereo_ros.batch.tasks import Done, Failed, Started, Warned


def end_of(pool, count):
    """Return what ended so many tasks, and everything else that happened."""
    ends, others = [], []
    while len(ends) < count:
        for event in pool.events(1.0):
            (ends if isinstance(event, (Done, Failed)) else others).append(event)
    return ends, others


def test_tasks_are_done_in_processes_that_stay(work, task):
    factory, log = work
    with ProcessPool(factory, str(log), 2) as pool:
        for name in 'abcdef':
            while not pool.room():
                pool.events(1.0)
            pool.submit(task(name))
        while pool.room() < 2:
            pool.events(1.0)
    pids = [(log / name).read_text() for name in 'abcdef']
    assert 1 <= len(set(pids)) <= 2
    assert str(os.getpid()) not in ''.join(pids).split()


def test_errors_and_warnings_come_back(work, task):
    factory, log = work
    with ProcessPool(factory, str(log), 1) as pool:
        failures = {}
        for name in 'wrong', 'bug', 'full', 'warn':
            pool.submit(task(name))
            (end,), others = end_of(pool, 1)
            failures[name] = end
        assert failures['wrong'] == Failed(task('wrong'), 'it is wrong: mend it')
        assert failures['bug'].error == 'ZeroDivisionError: once'
        assert 'in run' in failures['bug'].details
        assert failures['full'].full and not failures['wrong'].full
        assert failures['warn'] == Done(task('warn'), failures['warn'].manifest)
        assert Warned(task('warn'), 'take care') in others


def test_the_task_of_a_worker_that_dies_is_done_again(work, task):
    factory, log = work
    with ProcessPool(factory, str(log), 2) as pool:
        pool.submit(task('die3'))
        pool.submit(task('a'))
        ends, _ = end_of(pool, 2)
        assert all(isinstance(end, Done) for end in ends)
    assert len(set((log / 'die3').read_text().split())) == 4


def test_a_task_whose_worker_always_dies_fails_and_others_go_on(work, task):
    factory, log = work
    with ProcessPool(factory, str(log), 1) as pool:
        pool.submit(task('die99'))
        (end,), _ = end_of(pool, 1)
        assert end.error.startswith('its worker died 4 times: it was ended by SIGKILL')
        pool.submit(task('a'))
        (end,), _ = end_of(pool, 1)
        assert isinstance(end, Done)


@pytest.mark.parametrize(
    ('settings', 'reason'),
    [('unusable', 'there is no model: name one'), ('crash', 'cannot start: .* SIGSEGV')],
)
def test_workers_that_cannot_start_end_the_batch(work, settings, reason):
    with ProcessPool(work[0], settings, 1) as pool, pytest.raises(BatchError, match=reason):
        while True:
            pool.events(1.0)


def test_close_ends_work_in_mid_task(work, task):
    factory, log = work
    with ProcessPool(factory, str(log), 1) as pool:
        while not any(isinstance(event, Started) for event in pool.events(1.0)):
            pass
        pool.submit(task('long'))
        while not (log / 'long').exists() or not (log / 'long').read_text():
            pool.events(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(int((log / 'long').read_text()), 0)
