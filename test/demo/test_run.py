# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The demo as users start it: with real processes, which always end."""

from pathlib import Path
import re
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from crestereo_ros.calibration import read_calibration, StereoCalibration

DEMO = Path(__file__).parents[2] / 'demo/run.py'
TIMEOUT = 240  # s, more than the demo waits itself


def start(*arguments: str | Path) -> subprocess.Popen:
    command = [sys.executable, DEMO, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def children(process: subprocess.Popen) -> set[Path]:
    """Return the /proc folders of a process's children, which disappear with them."""
    pids = Path(f'/proc/{process.pid}/task/{process.pid}/children').read_text().split()
    return {Path('/proc', pid) for pid in pids}


def wait_for_nodes(demo: subprocess.Popen) -> set[Path]:
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end and demo.poll() is None:
        nodes = children(demo)
        if len(nodes) == 2:
            return nodes
        time.sleep(0.05)
    raise AssertionError(demo.communicate()[1])


def test_the_calibration_fits_the_pair():
    """The room's back wall is 5 m away."""
    data = DEMO.parent / 'data'
    cameras = [read_calibration(data / f'{side}.yaml') for side in ('left', 'right')]
    disparity = np.load(data / 'disparity.npz')['disparity'].astype(np.float32)
    height, width = disparity.shape
    depth = StereoCalibration(*cameras).for_image(width, height).depth(disparity)
    assert depth.max() == pytest.approx(5, rel=1e-3)


def test_writes_pictures_and_points_and_ends_with_a_summary(tmp_path):
    picture, points = tmp_path / 'depth.png', tmp_path / 'points.ply'
    demo = start('--picture', picture, '--points', points)
    output, errors = demo.communicate(timeout=TIMEOUT)
    assert demo.returncode == 0, errors
    summary = re.fullmatch(
        r'(\d+) frames, (\d+\.\d+) frames per second, resolution \d+x\d+, \d+ iterations, '
        r'provider cpu',
        output.splitlines()[-1],
    )
    assert summary and int(summary[1]) >= 2 and float(summary[2]) > 0
    height, width, _ = cv2.imread(str(DEMO.parent / 'data/left.png')).shape
    drawn = cv2.imread(str(picture)).shape
    assert drawn[0] == height and drawn[1] > 2 * width

    header, _, body = points.read_bytes().partition(b'end_header\n')
    count = int(re.search(rb'element vertex (\d+)', header)[1])
    vertices = np.frombuffer(body, np.dtype([('xyz', '<f4', 3), ('rgb', 'u1', 3)]))
    assert len(vertices) == count > height * width / 4
    # The room is 5 m deep, so most points are nearer.
    assert 1 < np.median(vertices['xyz'][:, 2]) < 5.2
    assert cv2.imread(str(points.with_suffix('.png'))) is not None


def test_no_cloud_without_a_calibration(tmp_path):
    picture, points = tmp_path / 'depth.png', tmp_path / 'points.ply'
    data = DEMO.parent / 'data'
    pair = '--left', data / 'left.png', '--right', data / 'right.png'
    demo = start(*pair, '--picture', picture, '--points', points)
    output, errors = demo.communicate(timeout=TIMEOUT)
    assert demo.returncode == 0, errors
    assert 'No point cloud: this source has no calibration' in output
    assert picture.exists() and not points.exists()


def test_says_why_a_source_cannot_be_played(tmp_path):
    missing = tmp_path / 'no such: "file".png'
    demo = start('--left', missing, '--right', missing, '--picture', tmp_path / 'depth.png')
    _, errors = demo.communicate(timeout=TIMEOUT)
    assert demo.returncode == 1
    (line,) = errors.splitlines()
    assert line.startswith(f'error: stereo_player_node ended: {missing} does not exist')
    assert not (tmp_path / 'depth.png').exists()


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_a_signal_also_ends_its_nodes(tmp_path, number):
    demo = start('--picture', tmp_path / 'depth.png')
    nodes = wait_for_nodes(demo)
    demo.send_signal(number)
    demo.communicate(timeout=TIMEOUT)
    assert demo.returncode == 128 + number
    assert not any(node.exists() for node in nodes)
