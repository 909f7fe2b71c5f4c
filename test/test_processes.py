# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Modules that run in separate processes."""

import os
import subprocess
import sys
from threading import Thread
import time

import pytest

from crestereo_ros.benchmarking.processes import node_command
from crestereo_ros.commands.window import TRIAL
from crestereo_ros.processes import (
    code_command,
    failure_of,
    locked,
    module_command,
    ModuleRunner,
    start_module,
)

# Keeps a folder locked until it is killed or a minute has passed.
LOCKING = """
from pathlib import Path
from time import sleep
from crestereo_ros.processes import end_with_parent, locked
end_with_parent()
folder = Path(json.loads(sys.argv[1]))
with locked(folder):
    (folder / 'started').touch()
    sleep(60)
    (folder / 'not ended').touch()
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Return a function that writes a module for this process."""
    monkeypatch.syspath_prepend(tmp_path)

    def module(lines):
        (tmp_path / 'some_module.py').write_text('import json, sys\n' + lines)
        return 'some_module'

    return module


def test_a_module_gets_its_argument(module):
    name = module('if json.loads(sys.argv[1]) != [[1, "a"], None]: sys.exit("another argument")')

    assert failure_of(start_module(name, ((1, 'a'), None))) == ''
    assert failure_of(start_module(name, 3)) == 'another argument'


@pytest.mark.parametrize(
    ('lines', 'failure'),
    [
        ('raise RuntimeError("no room")', 'RuntimeError: no room'),
        ('sys.exit(7)', 'it ended with 7'),
        ('import os, signal; os.kill(os.getpid(), signal.SIGKILL)', 'it ended with -9'),
    ],
)
def test_a_failure_is_reported_in_one_line(module, lines, failure):
    assert failure_of(start_module(module(lines), None)) == failure


@pytest.mark.parametrize(
    'command',
    [
        code_command('import json'),
        module_command('json.tool', '--help'),
        node_command('no_such_program', {}),
        code_command(TRIAL),
    ],
    ids=['code', 'module', 'node', 'window'],
)
def test_nothing_is_imported_from_the_working_directory(tmp_path, command):
    for name in 'json', 'runpy', 'crestereo_ros', 'rclpy', 'cv2':
        (tmp_path / f'{name}.py').write_text(f'open({str(tmp_path / "trace")!r}, "w")')
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))}
    subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True)
    assert not (tmp_path / 'trace').exists()


def wait_for(path):
    while not path.exists():
        time.sleep(0.05)


def test_stop_ends_the_running_module_and_prevents_others(module, tmp_path):
    name, processes, failures = module(LOCKING), ModuleRunner(), []
    thread = Thread(target=lambda: failures.append(processes.run(name, str(tmp_path))))
    thread.start()
    wait_for(tmp_path / 'started')
    processes.stop()
    thread.join()

    assert failures == ['it ended with -15']
    assert processes.run(name, str(tmp_path)) == 'it was cancelled'
    assert not (tmp_path / 'not ended').exists()


def test_a_module_ends_with_the_process_that_started_it(module, tmp_path):
    start = f'{start_module.__name__}({module(LOCKING)!r}, {str(tmp_path)!r}).wait()'
    code = f'import sys; sys.path[:0] = {sys.path!r}; from crestereo_ros.processes import *; '
    starter = subprocess.Popen([sys.executable, '-c', code + start])
    wait_for(tmp_path / 'started')
    starter.kill()
    starter.wait()

    with locked(tmp_path):  # its end unlocks
        assert not (tmp_path / 'not ended').exists()
