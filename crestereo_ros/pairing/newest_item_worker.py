# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Works on the newest item in a separate thread, never on a queue of old ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import logging
from threading import Condition, Thread
from typing import Generic, TypeVar

Item = TypeVar('Item')


@dataclass(frozen=True)
class WorkerSnapshot:
    """
    The counts of a worker so far.

    Every item is counted in one of `processed`, `failed` (the work raised) and `dropped` (a newer
    one replaced it, or the worker was stopped), or is still `waiting` or in work (`busy`).
    """

    received: int
    processed: int
    failed: int
    dropped: int
    waiting: bool
    busy: bool


class NewestItemWorker(Generic[Item]):
    """
    A thread with a single slot, in which a newer item replaces the waiting one.

    So an item waits at most as long as the work on one item takes.
    """

    def __init__(
        self,
        work: Callable[[Item], None],
        on_error: Callable[[Exception], None],
        name: str = 'newest item worker',
    ) -> None:
        """
        Start the thread.

        :param work: called with one item at a time, in the worker's thread
        :param on_error: called there with what `work` raised; the worker continues with the next
        :param name: the thread's name
        """
        self._work = work
        self._on_error = on_error
        self._changed = Condition()
        self._slot: list[Item] = []  # empty or one item, so that None can be an item, too
        self._received = self._processed = self._failed = self._dropped = 0
        self._busy = False
        self._stopped = False
        # A daemon: a call into native code cannot be interrupted and must not delay the exit.
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, item: Item) -> None:
        """Hand over an item and return at once; after `stop`, it is only counted as dropped."""
        with self._changed:
            self._received += 1
            self._dropped += len(self._slot)
            self._slot = [item]
            if self._stopped:
                self._discard()
            self._changed.notify()

    def clear(self) -> None:
        """Drop the waiting item."""
        with self._changed:
            self._discard()

    def snapshot(self) -> WorkerSnapshot:
        """Return the counts so far."""
        with self._changed:
            return WorkerSnapshot(
                received=self._received,
                processed=self._processed,
                failed=self._failed,
                dropped=self._dropped,
                waiting=bool(self._slot),
                busy=self._busy,
            )

    def stop(self, timeout: float = 0.0) -> bool:
        """
        Drop the waiting item, let the work in progress finish, and end the thread.

        :param timeout: how many seconds to wait for the end; 0 returns at once
        :returns: whether the thread has ended
        """
        with self._changed:
            self._stopped = True
            self._discard()
            self._changed.notify()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _discard(self) -> None:
        self._dropped += len(self._slot)
        self._slot = []

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._slot or self._stopped)
                if self._stopped:
                    return
                item = self._slot.pop()
                self._busy = True
            failed = False
            try:
                self._work(item)
            except Exception as error:
                failed = True
                self._report(error)
            del item  # images are large: do not keep the last pair alive while waiting
            with self._changed:
                self._busy = False
                self._failed += failed
                self._processed += not failed

    def _report(self, error: Exception) -> None:
        try:
            self._on_error(error)
        except Exception:
            logging.getLogger(__name__).exception('The report of %r failed', error)
