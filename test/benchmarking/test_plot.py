# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The plot."""

import sys

import cv2
import numpy as np
import pytest

from crestereo_ros.benchmarking.errors import BenchmarkError
from crestereo_ros.benchmarking.plot import draw, require_matplotlib


def test_draws_every_resolution_in_its_colour(tmp_path, measurement):
    pytest.importorskip('matplotlib', reason='needs the extra plots')
    path = tmp_path / 'plot.png'
    points = [measurement(20 * n, 80 + n, iterations=n) for n in (1, 2, 4)]
    points += [measurement(90, 95, model='other', resolution='image')]
    draw(path, [*points, measurement(5, 80, model='SGBM')], 'a title', 5)
    picture = cv2.imread(str(path))
    assert picture.shape[1] > picture.shape[0] >= 800
    blue, orange = (180, 119, 31), (14, 127, 255)  # of Matplotlib, BGR
    for color in blue, orange:
        assert (np.abs(picture.astype(int) - color).max(axis=2) < 5).sum() > 300


def test_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, 'matplotlib', None)
    with pytest.raises(BenchmarkError, match='pip install matplotlib'):
        require_matplotlib()
