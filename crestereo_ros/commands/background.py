# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Slow work in a separate thread, so that keys and signals are answered meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from queue import Empty, Queue
from threading import Thread
from typing import TypeVar

Item = TypeVar('Item')


def in_background(items: Iterable[Item], poll: float) -> Iterator[Item | None]:
    """
    Iterate in another thread, one item ahead.

    If the caller stops early, the thread is not waited for, because it may spend a long time in
    native code: `crestereo_ros.commands.main` ends the process anyway.

    :param poll: seconds; without an item for so long, None is yielded
    :raises Exception: what the iteration raises
    """
    # An item, or None and how the iteration ended.
    results: Queue[tuple[Item | None, Exception | StopIteration | None]] = Queue(maxsize=1)

    def iterate() -> None:
        try:
            for item in items:
                results.put((item, None))
            results.put((None, StopIteration()))
        except Exception as error:
            results.put((None, error))

    Thread(target=iterate, name='background', daemon=True).start()
    while True:
        try:
            item, end = results.get(timeout=poll)
        except Empty:
            yield None
            continue
        if isinstance(end, StopIteration):
            return
        if end is not None:
            raise end
        yield item
