# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is to be done for a batch, and what was done before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from threading import Event
from typing import NamedTuple

from crestereo_ros.batch.entries import SourceEntry
from crestereo_ros.batch.manifest import Origin
from crestereo_ros.batch.store import Store
from crestereo_ros.batch.tasks import Span, Task
from crestereo_ros.errors import CrestereoError

THREADS = 8  # that open sources; most of it is waiting for files


class State(Enum):
    """What a batch does with a source."""

    MISSING = 'to do'
    DONE = 'done'
    REDO = 'to redo'
    OUTDATED = 'kept, made otherwise (--redo)'
    BROKEN = 'cannot be used'


class Inspection(NamedTuple):
    """
    What a look at a source says.

    `frames`: 0 if their number is not known. `pixels`: of a frame. `spans`: that can be done at a
    time, none if the source is done in one piece.
    """

    frames: int
    pixels: int
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class PlannedSource:
    """A source and what is done with it; `reason`: for the state, if there is something to say."""

    entry: SourceEntry
    origin: Origin
    state: State
    reason: str = ''
    frames: int = 0
    pixels: int = 0
    spans: tuple[Span, ...] = ()

    @property
    def is_due(self) -> bool:
        return self.state in (State.MISSING, State.REDO)

    def tasks(self) -> Iterator[Task]:
        """Yield the tasks that can be done at once; those of spans are to be joined."""
        for span in self.spans:
            end = self.frames if span.end is None else span.end
            yield Task(self.entry, self.origin, max(1, end - span.first), span)
        if not self.spans:
            yield Task(self.entry, self.origin, self.frames)

    def joining(self) -> Task:
        """Return the task that joins the spans."""
        return Task(self.entry, self.origin, 0, spans=self.spans)


@dataclass(frozen=True)
class Plan:
    """The sources of a batch."""

    sources: list[PlannedSource]

    @property
    def due(self) -> list[PlannedSource]:
        return [source for source in self.sources if source.is_due]

    @property
    def frames(self) -> int:
        """Frames that are to be done, as far as known."""
        return sum(max(1, source.frames) for source in self.due)

    def counts(self) -> Mapping[State, int]:
        return Counter(source.state for source in self.sources)


def make_plan(
    entries: Iterable[SourceEntry],
    store: Store,
    origin_of: Callable[[SourceEntry], Origin],
    inspect: Callable[[SourceEntry], Inspection],
    redo: bool,
    interrupted: Event,
) -> Plan:
    """
    Compare sources with what the store has, and look at those that are to be done.

    :param inspect: raises CrestereoError or OSError for a source that cannot be used
    :param redo: whether results give way that were made otherwise
    :param interrupted: when it is set, the plan ends with the sources that were looked at
    """
    manifests = store.manifests()

    def planned(entry: SourceEntry) -> PlannedSource | None:
        if interrupted.is_set():
            return None
        origin = origin_of(entry)
        manifest = manifests.get(entry.name)
        difference = origin.difference(manifest.origin) if manifest else ''
        if manifest and not (redo and difference):
            state = State.OUTDATED if difference else State.DONE
            return PlannedSource(entry, origin, state, difference, manifest.frames)
        try:
            if store.occupied(entry.name):
                raise FileExistsError(
                    f'{store.text} has {entry.name}, which is no result: move it away'
                )
            seen = inspect(entry)
        except (CrestereoError, OSError) as error:
            return PlannedSource(entry, origin, State.BROKEN, str(error))
        state = State.REDO if manifest else State.MISSING
        return PlannedSource(entry, origin, state, difference, *seen)

    with ThreadPoolExecutor(THREADS) as pool:
        return Plan([source for source in pool.map(planned, entries) if source])
