# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Work that needs no network, for the executors; a server of S3."""

import pytest

from crestereo_ros.batch.entries import SourceEntry
from crestereo_ros.batch.manifest import Origin
from crestereo_ros.batch.tasks import Task

WORK = """
import logging
import os
import pathlib
import signal
import time

from crestereo_ros.batch.manifest import Manifest
from crestereo_ros.errors import CrestereoError


class Work:
    provider = 'cpu'

    def __init__(self, settings):
        if settings == 'unusable':
            raise CrestereoError('there is no model: name one')
        if settings == 'crash':
            os.kill(os.getpid(), signal.SIGSEGV)
        self.folder = pathlib.Path(settings)

    def run(self, task, report):
        name = task.entry.left
        log = self.folder / name
        with log.open('a') as file:
            file.write(f'{os.getpid()}\\n')
        tries = len(log.read_text().splitlines())
        if name.startswith('die') and tries <= int(name[3:]):
            os.kill(os.getpid(), signal.SIGKILL)
        if name == 'wrong':
            raise CrestereoError('it is wrong: mend it')
        if name == 'bug':
            raise ZeroDivisionError('once')
        if name == 'full':
            raise OSError(28, 'No space left on device')
        if name == 'warn':
            logging.getLogger('crestereo_ros.x').warning('take care')
        if name == 'long':
            time.sleep(600)
        report(task.frames)
        return Manifest(task.origin, task.frames, 0.0, 'cpu')
"""


@pytest.fixture
def work(tmp_path, monkeypatch):
    """Return the name of a class of work, and the folder in which it logs who did what."""
    (tmp_path / 'modules').mkdir()
    (tmp_path / 'modules' / 'some_work.py').write_text(WORK)
    monkeypatch.syspath_prepend(str(tmp_path / 'modules'))
    log = tmp_path / 'log'
    log.mkdir()
    return 'some_work:Work', log


@pytest.fixture
def task():
    """Return a function that makes a task of a name."""
    return lambda name, frames=1: Task(
        SourceEntry(name, name=name), Origin([{'path': name}], '', {}), frames
    )
