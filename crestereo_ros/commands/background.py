# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Slow work in a thread of its own, so that keys and signals are answered meanwhile."""

from collections.abc import Iterable, Iterator
from queue import Empty, Queue
from threading import Thread
from typing import Any


def in_background(items: Iterable[Any], poll: float) -> Iterator[Any]:
    """
    Iterate in another thread, one item ahead; give None every `poll` seconds without an item.

    What the iteration raises is raised here. Its thread is not waited for when this is left
    early, because it may be in native code for long: `crestereo_ros.commands.main` ends the
    process all the same.
    """
    results = Queue(maxsize=1)  # of (item, goes on, error)

    def work():
        try:
            for item in items:
                results.put((item, True, None))
            results.put((None, False, None))
        except Exception as error:
            results.put((None, False, error))

    Thread(target=work, name='background', daemon=True).start()
    goes_on = True
    while goes_on:
        try:
            item, goes_on, error = results.get(timeout=poll)
        except Empty:
            yield None
            continue
        if error:
            raise error
        if goes_on:
            yield item
