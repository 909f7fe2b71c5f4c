# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How recordings are split, and what every executor does."""

import os

import pytest

from crestereo_ros.batch.errors import BatchError
from crestereo_ros.batch.tasks import Done, Failed, spans_of, Warned


@pytest.mark.parametrize(('frames', 'longest'), [(5, 4), (8, 4), (25, 4), (99, 10)])
def test_spans_cover_a_recording_once_and_are_none_too_long(frames, longest):
    spans = spans_of(frames, 10.0, longest)
    ends = [frames if span.end is None else span.end for span in spans]
    assert [span.first for span in spans] == [0, *ends[:-1]]
    assert ends[-1] == frames
    assert all(1 <= end - span.first <= longest for span, end in zip(spans, ends, strict=True))
    assert [span.start_time for span in spans[1:]] == [span.end_time for span in spans[:-1]]
    assert spans[0].start_time == 0 and spans[-1].end_time == float('inf')


@pytest.mark.parametrize('frames', [0, 1, 4])
def test_short_recordings_stay_whole(frames):
    assert spans_of(frames, 10.0, 4) == ()


def workers_of(log, names):
    """Return the processes that worked on tasks, and their parents."""
    lines = [line.split() for name in names for line in (log / name).read_text().splitlines()]
    return {line[0] for line in lines}, {line[1] for line in lines}


def test_tasks_are_done_in_processes_that_stay(open_pool, log, task, end_of):
    with open_pool() as pool:
        waiting, running = list('abcdefghij'), 0
        while waiting or running:
            for _ in range(min(pool.room(), len(waiting))):
                pool.submit(task(waiting.pop()))
                running += 1
            ends, _ = end_of(pool, 1)
            running -= len(ends)
    processes, _ = workers_of(log, 'abcdefghij')
    assert 1 <= len(processes) <= 2
    assert str(os.getpid()) not in processes


def test_errors_and_warnings_come_back(open_pool, log, task, end_of):
    with open_pool() as pool:
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


def test_the_task_of_a_worker_that_dies_is_done_again_three_times(open_pool, log, task, end_of):
    with open_pool() as pool:
        for name in 'die3', 'a':
            pool.submit(task(name))
        ends, _ = end_of(pool, 2)
        assert all(isinstance(end, Done) for end in ends)
    assert len(workers_of(log, ['die3'])[0]) == 4


def test_a_task_whose_worker_always_dies_fails_and_others_go_on(open_pool, log, task, end_of):
    with open_pool() as pool:
        pool.submit(task('die99'))
        (end,), _ = end_of(pool, 1)
        assert end.task == task('die99') and 'its worker died 4 times: ' in end.error
        pool.submit(task('a'))
        (end,), _ = end_of(pool, 1)
        assert isinstance(end, Done)
    assert len((log / 'die99').read_text().splitlines()) == 4


def test_workers_that_cannot_start_end_the_batch(open_pool, task):
    with open_pool('unusable') as pool, pytest.raises(BatchError, match='there is no model: name'):
        pool.submit(task('a'))
        while True:
            pool.events(1.0)
