# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Workers in processes, as far as they differ from other executors; see `test_tasks`."""

import os

import psutil
import pytest

from crestereo_ros.batch.errors import BatchError
from crestereo_ros.batch.tasks import Done, Failed, Started


def test_the_reason_of_a_death_is_named(open_processes, log, task, end_of):
    with open_processes() as pool:
        pool.submit(task('die99'))
        (end,), _ = end_of(pool, 1)
        assert isinstance(end, Failed)
        assert end.error.startswith('its worker died 4 times: it was ended by SIGKILL')


def test_workers_that_crash_at_their_start_end_the_batch(open_processes):
    with open_processes('crash') as pool:
        with pytest.raises(BatchError, match='cannot start: .* SIGSEGV'):
            while True:
                pool.events(1.0)


def test_close_ends_work_in_mid_task(open_processes, log, task):
    with open_processes() as pool:
        while not any(isinstance(event, Started) for event in pool.events(1.0)):
            pass
        pool.submit(task('long'))
        while not (log / 'long').exists() or not (log / 'long').read_text():
            pool.events(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(int((log / 'long').read_text().split()[0]), 0)


def test_a_task_for_a_worker_that_has_just_died_is_done_by_another(
    open_processes, log, task, end_of
):
    with open_processes() as pool:
        pool.submit(task('a'))
        end_of(pool, 1)
        for process in psutil.Process().children():
            process.kill()
            process.wait()
        pool.submit(task('b'))
        (end,), _ = end_of(pool, 1)
        assert end == Done(task('b'), end.manifest)
