# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Progress on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TextIO

INTERVAL = 0.1  # s between two updates
WIDTH = 30
CLEAR_LINE = '\r\x1b[K'


@dataclass(frozen=True)
class Unit:
    """The unit of a count: its name, its size, and the decimals that are shown."""

    name: str
    size: float = 1
    decimals: int = 0


MEGABYTES = Unit('MB', 1e6, 1)
FRAMES = Unit('frames')


def bar_text(done: int, total: int | None, seconds: float, unit: Unit, width: int = WIDTH) -> str:
    """
    Return a bar, if the total is known, with the amount and the rate so far.

    :param width: of the bar in characters; 0: without one
    """
    rate = done / max(seconds, 1e-9) / unit.size
    amount = f'{done / unit.size:.{unit.decimals}f} {unit.name}'
    if total:
        bar = '#' * (width * done // total)
        amount = (
            f'{f"[{bar:{width}}] " if width else ""}{100 * done // total} %, {amount} of '
            f'{total / unit.size:.{unit.decimals}f} {unit.name}'
        )
    return f'{amount}, {rate:.1f} {unit.name}/s'


@contextmanager
def progress_bar(
    label: str, stream: TextIO, unit: Unit = MEGABYTES
) -> Iterator[Callable[[int, int | None], None]]:
    """
    Yield a function that shows the progress, and remove the bar at the end of the block.

    The function takes the number that is done (bytes, frames) and the total, None if unknown. It
    draws nothing unless `stream` is a terminal.
    """
    start = drawn = monotonic()

    def report(done: int, total: int | None) -> None:
        nonlocal drawn
        now = monotonic()
        if now - drawn < INTERVAL and done != total:
            return
        drawn = now
        stream.write(f'{CLEAR_LINE}{label} {bar_text(done, total, now - start, unit)}')
        stream.flush()

    if not stream.isatty():
        yield lambda done, total: None
        return
    try:
        yield report
    finally:
        stream.write(CLEAR_LINE)
        stream.flush()


def clear_progress(stream: TextIO) -> None:
    """Remove a bar that may be on a terminal, so that a line can be printed."""
    if stream.isatty():
        stream.write(CLEAR_LINE)
        stream.flush()
