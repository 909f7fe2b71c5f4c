# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The tasks that a batch consists of, and what executors report of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple, Protocol

from crestereo_ros.batch.entries import SourceEntry
from crestereo_ros.batch.manifest import Manifest, Origin

ATTEMPTS = 4  # of a task whose worker dies, or to join a cluster: once, and three times again


class Span(NamedTuple):
    """
    The frames of a part of a recording, whose rate is `rate`.

    They are those from the time of `first` to before that of `end`; None is without an end.
    """

    first: int
    end: int | None
    rate: float

    @property
    def start_time(self) -> float:
        """Seconds, half a frame before the first, since times are not exact."""
        return max(0.0, (self.first - 0.5) / self.rate)

    @property
    def end_time(self) -> float:
        """Seconds, as `start_time` of the span that follows."""
        return float('inf') if self.end is None else (self.end - 0.5) / self.rate

    @property
    def name(self) -> str:
        return f'{self.first:09d}-{"end" if self.end is None else format(self.end, "09d")}'


def spans_of(frames: int, rate: float, longest: int) -> tuple[Span, ...]:
    """Split a recording that is longer into spans of nearly equal length; the last has no end."""
    count = -(-frames // longest)
    if count <= 1:
        return ()
    edges = [frames * number // count for number in range(count)]
    return tuple(map(Span, edges, [*edges[1:], None], repeat(rate)))


@dataclass(frozen=True)
class Task:
    """
    A source, a span of one, or the joining of all `spans` of one.

    `frames`: 0 if their number is not known.
    """

    entry: SourceEntry
    origin: Origin
    frames: int
    span: Span | None = None
    spans: Sequence[Span] = ()

    @property
    def key(self) -> str:
        """What tells the task from all others of the batch."""
        return f'{self.entry.name}/{self.span.name if self.span else ""}'


class Started(NamedTuple):
    """A worker is ready."""

    provider: str


class Advanced(NamedTuple):
    """A task has done some more frames."""

    task: Task
    frames: int


class Warned(NamedTuple):
    """Something about a task that its user should know."""

    task: Task | None
    text: str


class Done(NamedTuple):
    """A task is complete."""

    task: Task
    manifest: Manifest


class Failed(NamedTuple):
    """
    A task has failed.

    `full`: whether the place of the results is full. `details`: a traceback, if the error is
    none that was expected.
    """

    task: Task
    error: str
    full: bool = False
    details: str = ''


Event = Started | Advanced | Warned | Done | Failed


class Work(Protocol):
    """What runs in a worker, made once of the settings of the batch."""

    #: What the network runs on.
    provider: str

    def run(self, task: Task, report: Callable[[int], None]) -> Manifest:
        """
        Do a task.

        :param report: to be called with the number of frames that were done since the last call
        :raises CrestereoError, OSError: if it fails
        """


class Executor(ABC):
    """Something that does tasks in workers. A context manager; its end stops all work."""

    @abstractmethod
    def room(self) -> int:
        """Return how many more tasks can be taken now."""

    @abstractmethod
    def submit(self, task: Task) -> None:
        """Take a task."""

    @abstractmethod
    def events(self, timeout: float) -> list[Event]:
        """
        Return what happened, after at most a time in seconds.

        :raises BatchError: if workers cannot work
        """

    @abstractmethod
    def close(self) -> None:
        """Stop all work at once."""

    def __enter__(self) -> Executor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
