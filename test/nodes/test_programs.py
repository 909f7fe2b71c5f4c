# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The console scripts of the nodes, before there is a node."""

from pathlib import Path
import signal
import subprocess
import sys

import pytest

ROOT = Path(__file__).parents[2]
TIMEOUT = 60
SCRIPT = """
import sys
from crestereo_ros.nodes import programs
for name in {missing}:
    sys.modules[name] = None  # now it cannot be imported
sys.exit(programs.{program}())
"""


def start(program, *options, missing=()):
    return subprocess.Popen(
        [sys.executable, *options, '-c', SCRIPT.format(program=program, missing=missing)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ('missing', 'advice'),
    [
        ('onnxruntime', 'pip install onnxruntime, or onnxruntime-gpu'),
        ('rclpy', 'install rclpy, or source the ROS 2 workspace that has it'),
    ],
)
def test_missing_package_ends_with_one_line_that_says_what_to_install(missing, advice):
    if missing != 'rclpy':
        pytest.importorskip('rclpy', reason='needs ROS 2')
    out, err = start('stereo_depth', missing=[missing]).communicate(timeout=TIMEOUT)
    assert out == ''
    (line,) = err.splitlines()
    assert line.startswith('crestereo_ros.nodes.stereo_depth_node: ') and advice in line


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('program', ['stereo_depth', 'stereo_player'])
def test_signal_while_importing_ends_with_0_and_no_word(program, number):
    pytest.importorskip('rclpy', reason='needs ROS 2')
    process = start(program, '-X', 'importtime')
    imported = []
    for line in process.stderr:  # one for each module, as soon as it is imported
        imported.append(line)
        if line.rstrip().endswith(' rclpy'):
            process.send_signal(number)
            break
    _, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, (imported[-3:], err)
    assert all(line.startswith('import time:') for line in err.splitlines())
    assert f'crestereo_ros.nodes.{program}_node' not in err  # it ended while importing
