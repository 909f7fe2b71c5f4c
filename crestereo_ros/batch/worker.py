# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A process that does tasks of a batch: `python -m crestereo_ros.batch.worker`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
import json
import logging
from multiprocessing.connection import Connection
import signal
import sys
import time
import traceback
from typing import Any

from crestereo_ros.batch.errors import BatchError
from crestereo_ros.batch.store import is_full
from crestereo_ros.batch.tasks import Advanced, Done, Event, Failed, Started, Task, Warned, Work
from crestereo_ros.errors import CrestereoError
from crestereo_ros.processes import end_with_parent

INTERVAL = 0.2  # s between two reports of frames


def make_work(factory: str, settings: Any) -> Work:  # noqa: ANN401
    """
    Make what does the tasks.

    :param factory: module:class
    :param settings: of the batch, as the class takes them
    """
    module, _, name = factory.partition(':')
    return getattr(import_module(module), name)(settings)


def do(work: Work, task: Task, send: Callable[[Event], None]) -> Done | Failed:
    """Do a task, and send what happens meanwhile."""
    waiting, sent = 0, time.monotonic()

    def report(frames: int) -> None:
        nonlocal waiting, sent
        waiting += frames
        if (now := time.monotonic()) - sent >= INTERVAL:
            send(Advanced(task, waiting))
            waiting, sent = 0, now

    try:
        manifest = work.run(task, report)
    except (CrestereoError, OSError) as error:
        return Failed(task, str(error), is_full(error))
    except Exception as error:
        return Failed(task, f'{type(error).__name__}: {error}', False, traceback.format_exc())
    return Done(task, manifest)


class SendWarnings(logging.Handler):
    """Sends the package's warnings, with the task that they are about."""

    def __init__(self, send: Callable[[Event], None]) -> None:
        super().__init__(logging.WARNING)
        self._send = send
        self.task: Task | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self._send(Warned(self.task, record.getMessage()))


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: the parent decides
    end_with_parent()
    descriptor, factory = json.loads(sys.argv[1])
    pipe = Connection(descriptor)
    warnings = SendWarnings(pipe.send)
    logging.getLogger('crestereo_ros').addHandler(warnings)
    try:
        work = make_work(factory, pipe.recv())
    except (CrestereoError, OSError) as error:
        pipe.send(BatchError(str(error)))
        return
    pipe.send(Started(work.provider))
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        warnings.task = task
        pipe.send(do(work, task, pipe.send))
        warnings.task = None


if __name__ == '__main__':
    main()
