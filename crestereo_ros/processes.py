# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Python in a process of its own, where it does not keep the threads of this one waiting."""

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
# Python looks for modules in the working directory first, where anybody's may lie.
_SAFE_PATH = 'import sys; sys.path[:] = filter(None, sys.path)'
_RUN_MODULE = (
    'import runpy; del sys.argv[0]; '
    'runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)'
)


def code_command(code: str, *arguments: str) -> list[str]:
    """Return the command that runs code as `python -c` does, but not what lies where it runs."""
    return [sys.executable, '-c', f'{_SAFE_PATH}; {code}', *arguments]


def module_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module as `python -m` does, safe as `code_command`."""
    return code_command(_RUN_MODULE, module, *arguments)


def module_environment() -> dict[str, str]:
    """Return the environment in which a module finds the modules that this process finds."""
    return {**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))}


class ModuleRunner:
    """Runs modules in processes of their own, one after another, until `stop` is called."""

    def __init__(self) -> None:
        self._lock = RLock()  # `stop` may come while memory is freed, so in any thread
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
        """End the module that runs, and run no other."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.terminate()


def start_module(module: str, argument: object) -> subprocess.Popen[str]:
    """
    Run a module as `python -m` does, with the modules that this process finds.

    :param argument: the only one of the module, passed as JSON
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
    """Wait for a process; return the last line that it wrote to stderr if it failed, else ''."""
    _, errors = process.communicate()
    if not process.returncode:
        return ''
    return (errors.strip().splitlines() or [f'it ended with {process.returncode}'])[-1]


def end_with_parent() -> None:
    """Let this process end with the thread that started it, however that ends; see prctl(2)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def locked(folder: Path) -> Iterator[Path]:
    """
    Keep other processes from working in a folder during the block; wait until they have finished.

    :param folder: is made where it is missing, and given to the block
    :raises OSError: where it cannot be made or written
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / 'lock').open('a') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released when the process ends, however it does
        yield folder
