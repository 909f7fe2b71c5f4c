# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C that leaves time to finish a file."""

from collections.abc import Iterator
from contextlib import contextmanager
import signal
from threading import Event


@contextmanager
def interruption() -> Iterator[Event]:
    """
    Yield an event that SIGINT sets; a second SIGINT raises KeyboardInterrupt.

    :raises KeyboardInterrupt: at the end of the block, if the event was set
    """
    interrupted = Event()

    def on_signal(*_: object) -> None:
        interrupted.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupted.is_set():
        raise KeyboardInterrupt
