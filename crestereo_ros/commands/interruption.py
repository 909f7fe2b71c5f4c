# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C that lets a file be finished."""

from collections.abc import Iterator
from contextlib import contextmanager
import signal
from threading import Event


@contextmanager
def interruption() -> Iterator[Event]:
    """
    Give an event that SIGINT sets; a second SIGINT raises KeyboardInterrupt.

    Where it was set, KeyboardInterrupt is raised at the end, when all inside is done.
    """
    interrupted = Event()

    def on_signal(*_):
        interrupted.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupted.is_set():
        raise KeyboardInterrupt
