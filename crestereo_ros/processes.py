# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Python in a process of its own, where it keeps no thread of this one from running."""

import json
import os
import subprocess
import sys


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
