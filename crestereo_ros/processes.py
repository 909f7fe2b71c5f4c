# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs Python modules in separate processes, so that they do not block this one's threads."""

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
# Python looks for modules in the working directory first, which may contain anybody's.
_SAFE_PATH = 'import sys; sys.path[:] = filter(None, sys.path)'
_RUN_MODULE = (
    'import runpy; del sys.argv[0]; '
    'runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)'
)


def code_command(code: str, *arguments: str) -> list[str]:
    """Return a command like `python -c` that does not import from the working directory."""
    return [sys.executable, '-c', f'{_SAFE_PATH}; {code}', *arguments]


def module_command(module: str, *arguments: str) -> list[str]:
    """Return a command like `python -m` that is as safe as `code_command`."""
    return code_command(_RUN_MODULE, module, *arguments)


def module_environment() -> dict[str, str]:
    """Return an environment in which a process finds the same modules as this one."""
    return {**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))}


class ModuleRunner:
    """Runs modules in separate processes, one after another, until `stop` is called."""

    def __init__(self) -> None:
        self._lock = RLock()  # `stop` may be called while memory is freed, so in any thread
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def run(self, module: str, argument: object) -> str:
        """
        Run a module and wait until it ends. See `start_module` for the parameters.

        :returns: why it failed, see `failure_of`; empty if it did not
        """
        with self._lock:
            if self._stopped:
                return 'it was cancelled'
            process = self._process = start_module(module, argument)
        return failure_of(process)

    def stop(self) -> None:
        """End the running module, and run no more."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.terminate()


def start_module(module: str, argument: object) -> subprocess.Popen[str]:
    """
    Run a module like `python -m`, with the same module path as this process.

    :param argument: the module's only argument, passed as JSON
    """
    return subprocess.Popen(
        module_command(module, json.dumps(argument)),
        env=module_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def failure_of(process: subprocess.Popen[str]) -> str:
    """Wait for a process. Return the last line of its stderr if it failed, or else ''."""
    _, errors = process.communicate()
    if not process.returncode:
        return ''
    return (errors.strip().splitlines() or [f'it ended with {process.returncode}'])[-1]


def end_with_parent() -> None:
    """Make this process end with the thread that started it, however that ends; see prctl(2)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def locked(folder: Path) -> Iterator[Path]:
    """
    Lock a folder against other processes during the block; wait until they have finished.

    :param folder: created if missing, and passed to the block
    :raises OSError: if it cannot be created or written
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / 'lock').open('a') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released when the process ends, however it ends
        yield folder
