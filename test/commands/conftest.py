# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The command as a process, and files for it."""

from functools import partial
import os
from pathlib import Path
import subprocess
import sys
import time
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
TIMEOUT = 120  # s; only ever reached by a failure


@pytest.fixture(scope='session')
def model_file(small_model):
    """Return a small, fast model."""
    return small_model


@pytest.fixture
def pair(tmp_path):
    """Write a left and a right image, noise with a disparity of 4 pixels."""
    noise = np.random.default_rng(0).integers(0, 255, (64, 100, 3), np.uint8)
    paths = tmp_path / 'left.png', tmp_path / 'right.png'
    for path, columns in zip(paths, (slice(0, 96), slice(4, 100)), strict=True):
        assert cv2.imwrite(str(path), noise[:, columns])
    return paths


@pytest.fixture
def python():
    """Return a function that runs Python to its end."""

    def run(*arguments, stdout=subprocess.PIPE, **variables):
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=TIMEOUT,
            env={**os.environ, 'PYTHONPATH': str(ROOT), **variables},
        )

    return run


@pytest.fixture
def crestereo(python):
    """Return a function that runs the command to its end."""
    return partial(python, '-m', 'crestereo_ros.commands.main')


@pytest.fixture
def screen(monkeypatch):
    """Replace OpenCV's windows, for there is no display, by values that a test sets."""
    screen = SimpleNamespace(key=-1, visible=0.0, polls=[], shown=[], closed=False)

    def wait_key(_):
        screen.polls.append(time.monotonic())
        key, screen.key = screen.key, -1
        return key

    monkeypatch.setattr(cv2, 'namedWindow', lambda *_: None)
    monkeypatch.setattr(cv2, 'resizeWindow', lambda *_: None)
    monkeypatch.setattr(cv2, 'imshow', lambda _, picture: screen.shown.append(picture))
    monkeypatch.setattr(cv2, 'waitKey', wait_key)
    monkeypatch.setattr(cv2, 'getWindowProperty', lambda *_: screen.visible)
    monkeypatch.setattr(cv2, 'destroyAllWindows', lambda: setattr(screen, 'closed', True))
    return screen
