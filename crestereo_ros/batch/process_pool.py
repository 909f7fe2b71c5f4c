# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Workers on this machine, each in a process of its own."""

from __future__ import annotations

from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass
import json
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
import signal
import subprocess
import tempfile
from typing import Any, BinaryIO

from crestereo_ros.batch.errors import BatchError
from crestereo_ros.batch.tasks import (
    Advanced,
    ATTEMPTS,
    Done,
    Event,
    Executor,
    Failed,
    Started,
    Task,
)
from crestereo_ros.processes import module_command, module_environment


@dataclass(eq=False)
class _Worker:
    process: subprocess.Popen[bytes]
    pipe: Connection
    errors: BinaryIO  # what the process writes to stderr
    task: Task | None = None
    frames: int = 0  # of the task that were reported
    is_ready: bool = False


class ProcessPool(Executor):
    """
    A fixed number of workers. One that dies is replaced, and its task is done again.

    A process of its own for each, in place of `concurrent.futures`, whose pool ends with the
    first worker that dies, and cannot be stopped in mid-task.
    """

    def __init__(self, factory: str, settings: Any, processes: int) -> None:  # noqa: ANN401
        """
        Start the workers.

        :param factory: module:class of the work, which is made of `settings` in each worker
        """
        self._factory, self._settings = factory, settings
        self._workers: list[_Worker] = []
        self._again: deque[Task] = deque()
        self._deaths: Counter[str] = Counter()  # by the keys of tasks
        self._has_started, self._failed_starts = False, 0
        for _ in range(processes):
            self._start()

    def room(self) -> int:
        return sum(worker.task is None for worker in self._workers) - len(self._again)

    def submit(self, task: Task) -> None:
        # One that is ready before one that still starts.
        idle = [worker for worker in self._workers if worker.task is None]
        worker = max(idle, key=lambda worker: worker.is_ready)
        worker.task, worker.frames = task, 0
        self._send(worker, task)

    def events(self, timeout: float) -> list[Event]:
        events: list[Event] = []
        by_pipe = {worker.pipe: worker for worker in self._workers}
        for pipe in wait(list(by_pipe), timeout):
            worker = by_pipe[pipe]  # type: ignore[index]
            try:
                event = worker.pipe.recv()
            except (EOFError, ConnectionResetError):
                events += self._replace(worker)
                continue
            if isinstance(event, BatchError):
                raise event
            if isinstance(event, Started):
                worker.is_ready = self._has_started = True
                self._failed_starts = 0
            elif isinstance(event, Advanced):
                worker.frames += event.frames
            elif isinstance(event, (Done, Failed)):
                worker.task = None
                self._deaths.pop(event.task.key, None)
            events.append(event)
        while self._again and any(worker.task is None for worker in self._workers):
            self.submit(self._again.popleft())
        return events

    def close(self) -> None:
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            self._end(worker)
        self._workers.clear()

    def _start(self) -> None:
        ours, theirs = Pipe()
        errors = tempfile.TemporaryFile()
        with theirs:
            descriptor = theirs.fileno()
            process = subprocess.Popen(
                module_command(
                    'crestereo_ros.batch.worker', json.dumps([descriptor, self._factory])
                ),
                env=module_environment(),
                pass_fds=[descriptor],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        self._workers.append(_Worker(process, ours, errors))
        self._send(self._workers[-1], self._settings)

    def _replace(self, worker: _Worker) -> list[Event]:
        """Put a new worker in the place of one that died; return what became of its task."""
        reason = self._end(worker)
        self._workers.remove(worker)
        if not worker.is_ready:
            self._failed_starts += 1
            if not self._has_started or self._failed_starts >= ATTEMPTS:
                raise BatchError(f'a worker cannot start: {reason}')
        self._start()
        task = worker.task
        if task is None:
            return []
        events: list[Event] = [Advanced(task, -worker.frames)] if worker.frames else []
        self._deaths[task.key] += 1
        if self._deaths[task.key] < ATTEMPTS:
            self._again.append(task)
        else:
            del self._deaths[task.key]
            events.append(Failed(task, f'its worker died {ATTEMPTS} times: {reason}'))
        return events

    @staticmethod
    def _send(worker: _Worker, message: Any) -> None:  # noqa: ANN401
        # Of a process that has ended, `events` notices it, and gives its task to another.
        with suppress(BrokenPipeError):
            worker.pipe.send(message)

    @staticmethod
    def _end(worker: _Worker) -> str:
        """Wait for a process that ends; return why it did."""
        code = worker.process.wait()
        worker.pipe.close()
        worker.errors.seek(0)
        lines = worker.errors.read().decode(errors='replace').strip().splitlines()
        worker.errors.close()
        if code < 0:
            name = signal.Signals(-code).name
            hint = ', as when memory does not suffice' if -code == signal.SIGKILL else ''
            return f'it was ended by {name}{hint}'
        return lines[-1] if lines else f'it ended with {code}'
