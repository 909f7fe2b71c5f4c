# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Results of known geometry."""

from argparse import Namespace
from types import SimpleNamespace

import numpy as np
import pytest

from crestereo_ros.calibration import StereoCalibration
from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.matching import Match
from crestereo_ros.pipeline import DepthResult, DepthSettings, RectifiedPair

NORMAL, DISTANCE = (
    np.array([0.2, -0.3, 1.0]),
    2.5,
)  # the points X of a plane: NORMAL @ X = DISTANCE
WIDTH, HEIGHT = 160, 120
FOCAL_LENGTH, BASELINE = 150.0, 0.25


@pytest.fixture
def plane():
    """Return a function that gives the result of a frame that shows a slanted plane."""

    def make(index=0, calibrated=True):
        x, y = np.meshgrid(np.arange(WIDTH) - (WIDTH - 1) / 2, np.arange(HEIGHT) - 59.5)
        rays = np.stack([x / FOCAL_LENGTH, y / FOCAL_LENGTH, np.ones_like(x)], axis=-1)
        disparity = (FOCAL_LENGTH * BASELINE / DISTANCE * (rays @ NORMAL)).astype(np.float32)
        views = np.random.default_rng(index).integers(0, 255, (2, HEIGHT, WIDTH, 3), np.uint8)
        calibration = StereoCalibration.of_numbers(WIDTH, HEIGHT, FOCAL_LENGTH, BASELINE)
        result = DepthResult(
            RectifiedPair(*views),
            Match(disparity, 0 * disparity, None, 4, (HEIGHT, WIDTH), 0.1, 'cpu'),
            DepthSettings(color_range=(float(disparity.min()), float(disparity.max()))),
            calibration if calibrated else None,
        )
        return MatchedFrame(index, index / 10, None, result)

    return make


@pytest.fixture
def output_for(tmp_path):
    """Return a function that makes an output for a pair, or for a video."""

    def make(kind, path, length=1):
        options = Namespace(source='left', right='right', known_only=False, **{kind.name: path})
        output = kind(options)
        output.check(SimpleNamespace(length=length, name='left and right', rate=10.0))
        return output

    return make
