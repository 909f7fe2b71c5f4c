# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, and the end of a container, that leave time to finish a file."""

from collections.abc import Iterator
from contextlib import contextmanager
import signal
from threading import Event

SIGNALS = signal.SIGINT, signal.SIGTERM


@contextmanager
def interruption() -> Iterator[Event]:
    """
    Yield an event that SIGINT and SIGTERM set; a second signal ends the work at once.

    :raises KeyboardInterrupt: at the end of the block, with the signal, if the event was set
    """
    interrupted = Event()
    received: list[int] = []

    def on_signal(number: int, _: object) -> None:
        received.append(number)
        interrupted.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    before = {number: signal.signal(number, on_signal) for number in SIGNALS}
    try:
        yield interrupted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if received:
        raise KeyboardInterrupt(received[0])
