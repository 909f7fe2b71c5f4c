# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How far something is, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TextIO

INTERVAL = 0.1  # s between two pictures
WIDTH = 30


@contextmanager
def progress_bar(label: str, stream: TextIO) -> Iterator[Callable[[int, int | None], None]]:
    """
    Give a function to call with the bytes that are done and all bytes, None if unknown.

    Where `stream` is a terminal, it draws a line that is gone afterwards; else nothing.
    """
    start = drawn = monotonic()
    first = None

    def report(done: int, total: int | None):
        nonlocal drawn, first
        first = done if first is None else min(first, done)  # what is continued was not done now
        now = monotonic()
        if now - drawn < INTERVAL and done != total:
            return
        drawn = now
        rate = (done - first) / (now - start) / 1e6
        amount = f'{done / 1e6:.1f} MB'
        if total:
            bar = '#' * (WIDTH * done // total)
            amount = f'[{bar:{WIDTH}}] {100 * done // total} %, {amount} of {total / 1e6:.1f} MB'
        stream.write(f'\r\x1b[K{label} {amount}, {rate:.1f} MB/s')
        stream.flush()

    if not stream.isatty():
        yield lambda done, total: None
        return
    try:
        yield report
    finally:
        stream.write('\r\x1b[K')
        stream.flush()
