# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pairs of noise in folders, and invented measurements."""

import cv2
import numpy as np
import pytest

from crestereo_ros.benchmarking.measurement import Measurement

DISPARITY = 4


@pytest.fixture
def write_pair(tmp_path):
    """Return a function that writes a 64x96 pair of noise with a disparity of 4 pixels."""

    def write_pair(name, truth=None):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        seed = sum(name.encode())
        noise = np.random.default_rng(seed).integers(0, 255, (16, 25, 3), np.uint8)
        noise = cv2.resize(noise, (100, 64), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / 'left.png'), noise[:, :96])
        cv2.imwrite(str(folder / 'right.png'), noise[:, DISPARITY:])
        if truth is not None:
            np.savez(folder / 'truth.npz', disparity=truth)
        return folder

    return write_pair


@pytest.fixture
def measurement():
    """Return a function that makes a measurement from a time and a quality."""

    def measurement(time_ms, good, model='net', iterations=4, resolution='fast', **values):
        return Measurement(
            source='somewhere',
            model=model,
            iterations=iterations,
            resolution=resolution,
            height=240,
            width=320,
            pairs=1,
            times_ms=(time_ms - 2, time_ms, time_ms + 1),
            end_point_error=1.0,
            bad_2=100 - good,
            **{'provider': 'cpu', 'threads': 0, 'key': f'{model}{time_ms}{good}', **values},
        )

    return measurement
