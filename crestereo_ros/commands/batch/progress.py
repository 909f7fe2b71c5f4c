# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How a batch goes on: as a bar on a terminal, as lines, or as JSON."""

from __future__ import annotations

import json
from time import monotonic
from typing import Any, TextIO

from crestereo_ros.commands.progress import bar_text, CLEAR_LINE, FRAMES, INTERVAL, WIDTH

LINE_INTERVAL = 10.0  # s between two lines where there is no terminal


class Progress:
    """Counts what is done of a number of frames, from now on."""

    def __init__(self, frames: int) -> None:
        self._total = frames
        self._start = self._shown = monotonic()
        self._done = self._failures = 0

    def advanced(self, frames: int) -> None:
        self._done += frames
        now = monotonic()
        if now - self._shown >= self._interval():
            self._shown = now
            self._show()

    def warned(self, name: str, text: str) -> None:
        """Say something about a source, or about all of them if it has no name."""

    def done(self, name: str, frames: int, seconds: float) -> None:
        """Say that a source is done."""

    def failed(self, name: str, error: str) -> None:
        """Say that a source has failed."""
        self._failures += 1

    def close(self) -> None:
        """Remove what stays on the screen."""

    def _interval(self) -> float:
        return LINE_INTERVAL

    def _show(self) -> None:
        """Show how far the work is."""

    def _remaining(self) -> float | None:
        """Return the seconds that are left, None as long as nothing is known."""
        if self._done <= 0:
            return None
        seconds = monotonic() - self._start
        return max(0, self._total - self._done) * seconds / self._done

    def _text(self, width: int) -> str:
        total = max(self._total, self._done)
        text = bar_text(max(0, self._done), total, monotonic() - self._start, FRAMES, width)
        remaining = self._remaining()
        if remaining is not None:
            minutes, seconds = divmod(round(remaining), 60)
            hours, minutes = divmod(minutes, 60)
            text += f', {hours}:{minutes:02d}:{seconds:02d} left'
        return f'{text}, {self._failures} failed' if self._failures else text


class Lines(Progress):
    """Writes lines, and a bar below them on a terminal."""

    def __init__(self, frames: int, stream: TextIO) -> None:
        super().__init__(frames)
        self._stream = stream
        self._is_terminal = stream.isatty()

    def warned(self, name: str, text: str) -> None:
        self._line(f'{name}: {text}' if name else text)

    def failed(self, name: str, error: str) -> None:
        super().failed(name, error)
        self._line(f'failed: {name}: {" ".join(error.split())}')

    def close(self) -> None:
        if self._is_terminal:
            self._stream.write(CLEAR_LINE)
            self._stream.flush()

    def _line(self, text: str) -> None:
        self.close()
        print(f'crestereo batch: {text}', file=self._stream, flush=True)

    def _interval(self) -> float:
        return INTERVAL if self._is_terminal else LINE_INTERVAL

    def _show(self) -> None:
        if self._is_terminal:
            self._stream.write(f'{CLEAR_LINE}batch {self._text(WIDTH)}')
            self._stream.flush()
        else:
            self._line(self._text(0))


class JsonEvents(Progress):
    """Writes a line of JSON for each event."""

    def __init__(self, frames: int, stream: TextIO) -> None:
        super().__init__(frames)
        self._stream = stream

    def warned(self, name: str, text: str) -> None:
        write_event(self._stream, 'warning', name=name, text=text)

    def done(self, name: str, frames: int, seconds: float) -> None:
        write_event(self._stream, 'done', name=name, frames=frames, seconds=seconds)

    def failed(self, name: str, error: str) -> None:
        super().failed(name, error)
        write_event(self._stream, 'failed', name=name, error=error)

    def _interval(self) -> float:
        return 1.0

    def _show(self) -> None:
        write_event(
            self._stream,
            'progress',
            frames=self._done,
            total=self._total,
            seconds=round(monotonic() - self._start, 3),
            seconds_left=self._remaining(),
            failed=self._failures,
        )


def write_event(stream: TextIO, event: str, **values: Any) -> None:  # noqa: ANN401
    """Write an event as a line of JSON."""
    print(json.dumps({'event': event, **values}), file=stream, flush=True)
