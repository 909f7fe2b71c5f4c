# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The console scripts of the nodes, before the node exists."""

from pathlib import Path
import signal
import subprocess
import sys

import pytest
import yaml

from crestereo_ros.parameters import DEPTH_PARAMETERS, PLAYER_PARAMETERS

ROOT = Path(__file__).parents[2]
TIMEOUT = 60
MISSING = 'sys.modules["{}"] = None'  # so that it cannot be imported
INTERRUPTED = """
import os
class Interruption:
    def find_spec(self, name, *_):
        if name == 'rclpy':
            os.kill(os.getpid(), {})
sys.meta_path.insert(0, Interruption())
"""


def run(program, preparation):
    """Run a console script to its end after some preparation, and return the completed process."""
    script = (
        'import sys\n'
        'from crestereo_ros.nodes import programs\n'
        f'{preparation}\n'
        f'sys.exit(programs.{program}())'
    )
    return subprocess.run(
        [sys.executable, '-c', script], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT
    )


@pytest.mark.parametrize(
    ('missing', 'advice'),
    [
        ('onnxruntime', 'pip install onnxruntime, or onnxruntime-gpu'),
        ('rclpy', 'install rclpy, or source the ROS 2 workspace that has it'),
    ],
)
def test_a_missing_package_ends_with_one_line_that_says_what_to_install(missing, advice):
    if missing != 'rclpy':
        pytest.importorskip('rclpy', reason='needs ROS 2')
    ended = run('stereo_depth', MISSING.format(missing))
    assert (ended.returncode, ended.stdout) == (1, '')
    (line,) = ended.stderr.splitlines()
    assert line.startswith('crestereo_ros.nodes.depth.stereo_depth_node: ') and advice in line


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('program', ['stereo_depth', 'stereo_player'])
def test_a_signal_during_the_import_ends_with_0_and_no_output(program, number):
    pytest.importorskip('rclpy', reason='needs ROS 2')
    ended = run(program, INTERRUPTED.format(int(number)))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, '', '')


@pytest.mark.parametrize(
    ('program', 'declarations'),
    [('stereo_depth', DEPTH_PARAMETERS), ('stereo_player', PLAYER_PARAMETERS)],
)
@pytest.mark.parametrize('option', ['-h', '--help'])
def test_help_shows_every_parameter_and_needs_no_ros(program, declarations, option):
    ended = run(program, f'sys.argv[1:] = ["{option}"]\n{MISSING.format("rclpy")}')
    assert (ended.returncode, ended.stderr) == (0, '')
    usage, _, parameters = ended.stdout.partition('/**:')
    assert usage.startswith(f'usage: {program}_node --ros-args ')
    read = yaml.safe_load(f'/**:{parameters}')['/**']['ros__parameters']
    assert read == {x.name: x.default for x in declarations}
