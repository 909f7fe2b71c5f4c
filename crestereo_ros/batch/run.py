# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The work on a plan, from its first task to the list of what failed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event as Flag
from typing import Any, Protocol

from crestereo_ros.batch.plan import Plan, PlannedSource, State
from crestereo_ros.batch.store import Store
from crestereo_ros.batch.tasks import Advanced, Done, Executor, Failed, Task, Warned

POLL = 0.1  # s within which an interruption is seen


class Observer(Protocol):
    """A listener to the progress of a batch."""

    def advanced(self, frames: int) -> None:
        """Count frames that were done; a negative number has to be done again."""

    def warned(self, name: str, text: str) -> None:
        """Say something about a source, or about all of them if it has no name."""

    def done(self, name: str, frames: int, seconds: float) -> None:
        """Say that a source is done."""

    def failed(self, name: str, error: str) -> None:
        """Say that a source has failed."""


@dataclass
class Outcome:
    """
    What became of a plan.

    `left`: how many sources were not done, because of an interruption or a full disk. `errors`:
    what failed and why, for `Store.write_errors`.
    """

    done: int = 0
    failed: int = 0
    left: int = 0
    is_full: bool = False
    errors: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class _Recording:
    """A source in progress."""

    source: PlannedSource
    missing: int  # spans
    advanced: dict[str, int] = field(default_factory=dict)  # frames by the keys of tasks


def run_plan(
    plan: Plan, store: Store, executor: Executor, observer: Observer, interrupted: Flag
) -> Outcome:
    """
    Do what is due.

    A source that fails does not end the others. A full disk does, since they would fail too.

    :param interrupted: ends the work when it is set
    :raises BatchError: if workers cannot work
    """
    return _Run(plan, store, executor, observer).until_end(interrupted)


class _Run:
    def __init__(self, plan: Plan, store: Store, executor: Executor, observer: Observer) -> None:
        self._store, self._executor, self._observer = store, executor, observer
        self._outcome = Outcome()
        self._recordings: dict[str, _Recording] = {}
        self._due = len(plan.due)  # but for those that have failed
        self._first: deque[Task] = deque()  # joins: the sooner done, the sooner parts are gone
        self._tasks = self._tasks_of(plan)
        self._running = 0
        for source in plan.sources:
            if source.state is State.BROKEN:
                self._fail(source.entry.name, str(source.entry), source.reason)

    def _tasks_of(self, plan: Plan) -> Iterator[Task]:
        for source in plan.due:
            name = source.entry.name
            recording = self._recordings[name] = _Recording(source, len(source.spans))
            for task in source.tasks():
                if name not in self._recordings:  # it has failed
                    break
                part = self._part_of(task)
                if part:
                    self._advance(recording, task.key, part.frames)
                    self._count_span(recording)
                else:
                    yield task

    def _part_of(self, task: Task) -> Any:  # noqa: ANN401
        if task.span is None:
            return None
        part = self._store.part_manifest(task.entry.name, task.span.name)
        return part if part and part.origin == task.origin else None

    def until_end(self, interrupted: Flag) -> Outcome:
        outcome = self._outcome
        while not interrupted.is_set() and not outcome.is_full:
            self._fill()
            if not self._running:
                break
            for event in self._executor.events(POLL):
                self._take(event)
        outcome.left = self._due - outcome.done
        return outcome

    def _fill(self) -> None:
        for _ in range(self._executor.room()):
            task = self._following()
            if task is None:
                return
            self._running += 1
            self._executor.submit(task)

    def _following(self) -> Task | None:
        # The generator may add the join of a recording whose parts an earlier batch has made.
        if not self._first and (task := next(self._tasks, None)):
            return task
        return self._first.popleft() if self._first else None

    def _take(self, event: object) -> None:
        if isinstance(event, Warned):
            self._observer.warned(event.task.entry.name if event.task else '', event.text)
        if not isinstance(event, (Advanced, Done, Failed)):
            return
        self._running -= isinstance(event, (Done, Failed))
        task = event.task
        recording = self._recordings.get(task.entry.name)
        if recording is None:  # another span of it has failed
            return
        if isinstance(event, Advanced):
            self._advance(recording, task.key, event.frames)
        elif isinstance(event, Failed):
            if event.full:
                self._outcome.is_full = True  # not its fault: it is done the next time
                return
            self._advance(recording, '', max(1, recording.source.frames), of_all=True)
            self._fail(task.entry.name, str(task.entry), event.error, event.details)
            self._due -= 1
            del self._recordings[task.entry.name]
        else:
            done_before = recording.advanced.get(task.key, 0)
            if not task.spans:
                self._advance(recording, task.key, event.manifest.frames - done_before)
            if task.span:
                self._count_span(recording)
                return
            self._outcome.done += 1
            self._observer.done(task.entry.name, event.manifest.frames, event.manifest.seconds)
            del self._recordings[task.entry.name]

    def _count_span(self, recording: _Recording) -> None:
        recording.missing -= 1
        if not recording.missing:
            self._first.append(recording.source.joining())

    def _advance(self, recording: _Recording, key: str, frames: int, of_all: bool = False) -> None:
        if of_all:  # what is left of a source that has failed
            frames -= sum(recording.advanced.values())
        recording.advanced[key] = recording.advanced.get(key, 0) + frames
        if frames:
            self._observer.advanced(frames)

    def _fail(self, name: str, source: str, error: str, details: str = '') -> None:
        self._outcome.failed += 1
        self._outcome.errors.append(
            {
                'name': name,
                'source': source,
                'error': error,
                **({'details': details} if details else {}),
                'time': datetime.now().astimezone().isoformat(timespec='seconds'),
            }
        )
        self._observer.failed(name, error)
