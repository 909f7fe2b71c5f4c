# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibrations for the tests of this room."""

import numpy as np
import pytest

from crestereo_ros.calibration import CameraCalibration, StereoCalibration


def camera(
    tx=0.0, fx=500.0, fy=510.0, cx=310.0, cy=230.0, width=640, height=480, **fields
):  # the size and principal point of no symmetry, so that a mixed-up axis shows
    matrix = np.array([[fx, 0, cx, tx], [0, fy, cy, 0], [0, 0, 1, 0]])
    values = {
        'width': width,
        'height': height,
        'distortion_model': 'plumb_bob',
        'd': np.zeros(5),
        'k': matrix[:, :3].copy(),
        'r': np.eye(3),
        'p': matrix,
    }
    return CameraCalibration(**{**values, **fields})


@pytest.fixture
def make_camera():
    return camera


@pytest.fixture
def make_pair():
    """Make a pair of 0.12 m baseline, from the fields of the left and the right camera."""

    def make(left=(), right=()):
        return StereoCalibration(
            camera(**dict(left)), camera(**{'tx': -0.12 * 500.0, 'cx': 325.0, **dict(right)})
        )

    return make
