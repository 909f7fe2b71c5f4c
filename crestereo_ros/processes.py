# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Python in a process of its own, where it keeps no thread of this one from running."""

from collections.abc import Iterator
from contextlib import contextmanager
import ctypes
import fcntl
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
from threading import RLock

_PR_SET_PDEATHSIG = 1


class ModuleRunner:
    """Runs modules in processes of their own, one after another, until it is told to stop."""

    def __init__(self) -> None:
        self._lock = RLock()  # `stop` may come while memory is freed, so in any thread
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def run(self, module: str, argument: object) -> str:
        """
        Run a module and wait for its end, see `start_module`.

        :returns: why it failed, see `failure_of`; empty if it did not
        """
        with self._lock:
            if self._stopped:
                return 'it was told to end'
            process = self._process = start_module(module, argument)
        return failure_of(process)

    def stop(self) -> None:
        """End the module that runs, and run no other."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.terminate()


def start_module(module: str, argument: object) -> subprocess.Popen[str]:
    """
    Run a module as `python -m` does, with the modules that this process finds.

    :param argument: its only one, passed as JSON
    """
    return subprocess.Popen(
        [sys.executable, '-m', module, json.dumps(argument)],
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def failure_of(process: subprocess.Popen[str]) -> str:
    """Wait for a process; return the last line that it wrote to stderr if it failed, else ''."""
    _, errors = process.communicate()
    if not process.returncode:
        return ''
    return (errors.strip().splitlines() or [f'it ended with {process.returncode}'])[-1]


def end_with_parent() -> None:
    """Let this process end with the thread that started it, however that ends; see prctl(2)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """
    Keep other processes from working in a folder while the block does; waits until they are done.

    :param folder: is made where it is missing
    :raises OSError: where it cannot be made or written
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / 'lock').open('a') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released when the process ends, however it does
        yield
