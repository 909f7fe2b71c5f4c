# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How far something is, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TextIO

INTERVAL = 0.1  # s between two pictures
WIDTH = 30
CLEAR_LINE = '\r\x1b[K'


@dataclass(frozen=True)
class Unit:
    """What is counted: the name of so many, told with so many decimals."""

    name: str
    size: float = 1
    decimals: int = 0


MEGABYTES = Unit('MB', 1e6, 1)
FRAMES = Unit('frames')


@contextmanager
def progress_bar(
    label: str, stream: TextIO, unit: Unit = MEGABYTES
) -> Iterator[Callable[[int, int | None], None]]:
    """
    Give a function to call with how many (bytes, frames) are done and how many there are.

    The latter is None where it is not known. Where `stream` is a terminal, it draws a line that
    is gone afterwards; else nothing.
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
        rate = (done - first) / (now - start) / unit.size
        amount = f'{done / unit.size:.{unit.decimals}f} {unit.name}'
        if total:
            bar = '#' * (WIDTH * done // total)
            amount = (
                f'[{bar:{WIDTH}}] {100 * done // total} %, {amount} of '
                f'{total / unit.size:.{unit.decimals}f} {unit.name}'
            )
        stream.write(f'{CLEAR_LINE}{label} {amount}, {rate:.1f} {unit.name}/s')
        stream.flush()

    if not stream.isatty():
        yield lambda done, total: None
        return
    try:
        yield report
    finally:
        stream.write(CLEAR_LINE)
        stream.flush()
