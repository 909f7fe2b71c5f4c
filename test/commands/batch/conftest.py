# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sources for batches, and `crestereo batch` as a process that can be signalled."""

from contextlib import contextmanager
import json
import os
from pathlib import Path
import signal
import subprocess
import sys

import cv2
import pytest

ROOT = Path(__file__).parents[3]
SIZE = 64, 96


@pytest.fixture
def write_pairs(tmp_path, make_pair):
    """Return a function that writes pairs as folders with left.png and right.png."""

    def write(count, folder='pairs', start=0):
        paths = []
        for number in range(start, start + count):
            path = tmp_path / folder / f'{number:04d}'
            path.mkdir(parents=True)
            for name, image in zip(('left', 'right'), make_pair(*SIZE, number), strict=True):
                smooth = cv2.GaussianBlur(image, (0, 0), 2.0)
                assert cv2.imwrite(str(path / f'{name}.png'), smooth)
            paths.append(path)
        return paths

    return write


@pytest.fixture
def write_film(tmp_path, make_pair):
    """Return a function that writes left.avi and right.avi into a folder."""

    def write(frames, folder='film'):
        path = tmp_path / folder
        path.mkdir()
        code = cv2.VideoWriter_fourcc(*'MJPG')
        files = [
            cv2.VideoWriter(str(path / f'{side}.avi'), code, 12, SIZE[::-1])
            for side in ('left', 'right')
        ]
        for number in range(frames):
            for file, image in zip(files, make_pair(*SIZE, number), strict=True):
                file.write(image)
        for file in files:
            file.release()
        return path

    return write


@pytest.fixture
def fast(model_file):
    """Options for the shortest work, with a calibration by numbers."""
    return (
        *('--model', model_file, '--provider', 'cpu', '--iterations', 1, '--resolution', '64x96'),
        *('--focal-length', 100, '--baseline', 0.1, '--align', 'off'),
    )


@pytest.fixture
def started():
    """Return a context manager in which `crestereo` runs in a group of processes of its own."""

    @contextmanager
    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, '-m', 'crestereo_ros.commands.main', *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, 'PYTHONPATH': str(ROOT)},
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    return start


@pytest.fixture
def contents():
    """Return a function that gives all results in a folder: contents by names of files."""

    def read(folder):
        found = {}
        for path in sorted(folder.rglob('*')):
            name = path.relative_to(folder)
            if path.is_file() and not name.parts[0].startswith('.'):
                found[str(name)] = path.read_bytes()
                if path.name == 'manifest.json':
                    found[str(name)] = json.loads(found[str(name)]) | {'seconds': 0}
        return found

    return read
