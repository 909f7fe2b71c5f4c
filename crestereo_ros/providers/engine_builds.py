# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Builds of TensorRT engines, announced at the start, repeatedly, and at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
import json
import logging
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic

from crestereo_ros.atomic_write import write_atomically
from crestereo_ros.processes import ModuleRunner
from crestereo_ros.providers.engine import Engine
from crestereo_ros.providers.errors import ProviderError

WARNING_INTERVAL = 10.0  # seconds
USUAL_TIME = 'usually 1 to 10 minutes'
_TIMES = 'builds.json'  # in the folder of the engines

_logger = logging.getLogger(__name__)
_lock = Lock()
_current: dict[int, tuple[str, float]] = {}  # what is being built, and its start (monotonic)


def builds_in_progress() -> str:
    """Return what this process is building, and how long it has taken so far; or empty."""
    now = monotonic()
    with _lock:
        builds = list(_current.values())
    return '; '.join(f'{what}: {now - begin:.0f} s so far' for what, begin in builds)


def is_built(engines: Path, shapes: str) -> bool:
    """Return whether an engine for these shapes was built in `announced_build`."""
    return shapes in _read_times(engines) and any(engines.glob('*.engine'))


def build_apart(path: Path, engine: Engine, engines: Path, processes: ModuleRunner) -> None:
    """
    Build the engine for a file of one size in another process.

    In this process it would stop all Python threads for minutes, as ONNX Runtime does while it
    opens a file.

    :param processes: runs the build, and may end it
    :raises ProviderError: if the build fails
    """
    job = str(path), str(engines), asdict(replace(engine, compiled=None))
    if failure := processes.run('crestereo_ros.providers', job):
        raise ProviderError(failure)


@contextmanager
def announced_build(engines: Path | None, shapes: str) -> Iterator[None]:
    """
    Warn while the block builds an engine, unless one for these shapes was built before.

    The duration is kept beside the engines.

    :param engines: folder of the engines, None if they cannot be kept
    :param shapes: what the engine is for
    """
    if engines and is_built(engines, shapes):
        yield
        return
    times = _read_times(engines) if engines else {}
    usual = f'{times[shapes]:.0f} s last time' if shapes in times else USUAL_TIME
    kept = f'then kept in {engines}' if engines else 'and cannot be kept'
    what = f'TensorRT builds an engine for {shapes} ({usual}, {kept})'
    begin, done = monotonic(), Event()
    key = id(done)

    def announce() -> None:
        _logger.warning('%s: %.0f s so far', what, monotonic() - begin)

    def announce_again() -> None:
        while not done.wait(WARNING_INTERVAL):
            announce()

    with _lock:
        _current[key] = what, begin
    announce()
    announcer = Thread(target=announce_again, name='build announcer', daemon=True)
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
    """Delete the engines in a folder; return whether there were any."""
    files = [*engines.glob('*.engine'), *engines.glob('*.profile')]
    for file in files:
        file.unlink(missing_ok=True)
    if files:
        _logger.warning('Deleted the engines in %s because TensorRT could not use them', engines)
    return bool(files)


def _read_times(engines: Path) -> dict[str, float]:
    with suppress(OSError, ValueError):
        times = json.loads((engines / _TIMES).read_text())
        if isinstance(times, dict) and all(isinstance(x, (int, float)) for x in times.values()):
            return times
    return {}


def _write_times(engines: Path, times: dict[str, float]) -> None:
    with suppress(OSError):  # a full or read-only disk costs a needless warning next time
        write_atomically(engines / _TIMES, json.dumps(times).encode())
