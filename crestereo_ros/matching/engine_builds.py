# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Says that TensorRT builds an engine: at once, again and again, and when it is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import json
import logging
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic

BETWEEN_WARNINGS = 10.0  # seconds
USUAL_TIME = 'usually 1 to 10 minutes'
_TIMES = 'builds.json'  # in the folder of the engines

_logger = logging.getLogger(__name__)
_lock = Lock()
_current: dict[int, tuple[str, float]] = {}  # what is built, and since when (monotonic)


def builds_in_progress() -> str:
    """Tell what this process builds and for how long, empty if it builds nothing."""
    now = monotonic()
    with _lock:
        builds = list(_current.values())
    return '; '.join(f'{what}: {now - begin:.0f} s until now' for what, begin in builds)


@contextmanager
def announced_build(engines: Path | None, shapes: str) -> Iterator[None]:
    """
    Warn while the block builds an engine, unless one of these shapes was built before.

    How long it took is kept beside the engines.

    :param engines: folder of the engines, None where they cannot be kept
    :param shapes: what the engine is for
    """
    times = _read_times(engines) if engines else {}
    if engines and shapes in times and any(engines.glob('*.engine')):
        yield
        return
    usual = f'{times[shapes]:.0f} s the last time' if shapes in times else USUAL_TIME
    kept = f'then it is kept in {engines}' if engines else 'and it cannot be kept'
    what = f'TensorRT builds an engine for {shapes} ({usual}, {kept})'
    begin, done = monotonic(), Event()
    key = id(done)

    def announce() -> None:
        while True:
            _logger.warning('%s: %.0f s until now', what, monotonic() - begin)
            if done.wait(BETWEEN_WARNINGS):
                return

    with _lock:
        _current[key] = what, begin
    announcer = Thread(target=announce, name='build announcer', daemon=True)
    announcer.start()
    try:
        yield
        seconds = monotonic() - begin
        _logger.info('TensorRT built an engine for %s in %.0f s', shapes, seconds)
        if engines:
            _write_times(engines, {**_read_times(engines), shapes: seconds})
    finally:
        with _lock:
            del _current[key]
        done.set()
        announcer.join()


def clear_engines(engines: Path) -> bool:
    """Delete the engines in a folder; tell whether there were any."""
    files = [*engines.glob('*.engine'), *engines.glob('*.profile')]
    for file in files:
        file.unlink(missing_ok=True)
    if files:
        _logger.warning('Deleted the engines in %s, which TensorRT could not use', engines)
    return bool(files)


def _read_times(engines: Path) -> dict[str, float]:
    with suppress(OSError, ValueError):
        times = json.loads((engines / _TIMES).read_text())
        if isinstance(times, dict) and all(isinstance(x, (int, float)) for x in times.values()):
            return times
    return {}


def _write_times(engines: Path, times: dict[str, float]) -> None:
    with suppress(OSError):  # a full or read-only disk costs a needless warning next time
        part = engines / f'{_TIMES}.{id(times)}.part'
        part.write_text(json.dumps(times))
        part.replace(engines / _TIMES)
