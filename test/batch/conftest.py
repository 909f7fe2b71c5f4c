# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Executors, and work and tasks for them."""

from pathlib import Path

import pytest

from crestereo_ros.batch.entries import SourceEntry
from crestereo_ros.batch.manifest import Origin
from crestereo_ros.batch.process_pool import ProcessPool
from crestereo_ros.batch.ray_pool import RayPool
from crestereo_ros.batch.tasks import Done, Failed, Task

WORK = 'trial_work:Work'


@pytest.fixture
def log(tmp_path, monkeypatch):
    """Return the folder in which the work logs who did what; see `trial_work`."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return tmp_path


@pytest.fixture
def open_processes(log):
    """Return a function that opens two processes."""
    return lambda settings=log: ProcessPool(WORK, str(settings), 2)


@pytest.fixture
def open_ray(log, ray_cluster):
    """Return a function that opens a cluster of two nodes with a core each."""

    def open_pool(settings=log, address=ray_cluster.address, **needs):
        return RayPool(WORK, str(settings), address, **needs)

    return open_pool


@pytest.fixture(params=['processes', pytest.param('ray', marks=pytest.mark.ray)])
def open_pool(request):
    """Return a function that opens two workers of a kind."""
    return request.getfixturevalue(f'open_{request.param}')


@pytest.fixture
def task():
    """Return a function that makes a task of a name."""
    return lambda name, frames=1: Task(
        SourceEntry(name, name=name), Origin([{'path': name}], '', {}), frames
    )


@pytest.fixture
def end_of():
    """Return a function that gives what ended so many tasks, and everything else that happened."""

    def end_of(pool, count):
        ends, others = [], []
        while len(ends) < count:
            for event in pool.events(1.0):
                (ends if isinstance(event, (Done, Failed)) else others).append(event)
        return ends, others

    return end_of
