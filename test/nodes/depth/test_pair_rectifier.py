# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which images are rectified, and by which calibration."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.calibration import Rectifier, StereoCalibration  # noqa: E402
from crestereo_ros.nodes.depth.calibration_input import NoDepth  # noqa: E402
from crestereo_ros.nodes.depth.pair_rectifier import PairRectifier  # noqa: E402
from crestereo_ros.pairing import Side  # noqa: E402

RAW = {side: f'/camera/{side.value}/image_raw' for side in Side}
RECTIFIED = {side: f'/camera/{side.value}/image_rect' for side in Side}


@pytest.fixture(scope='module')
def images():
    noise = np.random.default_rng(1).integers(0, 255, (2, 480, 640, 3), np.uint8)
    return dict(zip(Side, noise, strict=True))


@pytest.fixture(scope='module')
def distorted(calibration_of):
    """Return the calibration of raw images."""
    rectified = calibration_of(400, 0.1)
    d = np.array([-0.2, 0.05, 0.001, 0.001, 0])
    return StereoCalibration(*(replace(x, d=d) for x in (rectified.left, rectified.right)))


def same(rectified, images):
    return rectified.left is images[Side.LEFT] and rectified.right is images[Side.RIGHT]


@pytest.mark.parametrize(('topics', 'mode'), [(RAW, 'auto'), (RAW, 'on'), (RECTIFIED, 'on')])
def test_images_are_rectified_by_their_calibration(images, distorted, topics, mode):
    results, rectification = PairRectifier().rectify(images, topics, distorted, mode)
    expected = Rectifier(distorted.left).rectify(images[Side.LEFT])
    np.testing.assert_array_equal(results.left, expected)
    assert not np.array_equal(results.right, images[Side.RIGHT])
    both = f'{topics[Side.LEFT]} and {topics[Side.RIGHT]}'
    assert (rectification.state, rectification.obstacle) == (f'{both} by camera_info', '')


@pytest.mark.parametrize(
    ('topics', 'mode', 'state'),
    [(RECTIFIED, 'auto', 'not needed, the topic names say rectified'), (RAW, 'off', 'off')],
)
def test_images_stay_as_they_are(images, distorted, topics, mode, state):
    results, rectification = PairRectifier().rectify(images, topics, distorted, mode)
    assert same(results, images)
    assert (rectification.state, rectification.obstacle) == (state, '')


def test_a_calibration_that_leaves_nothing_to_do(images, calibration_of):
    results, rectification = PairRectifier().rectify(images, RAW, calibration_of(400, 0.1), 'on')
    assert same(results, images)
    assert rectification.state == 'not needed, camera_info leaves nothing to do'


def test_without_a_calibration_images_stay_and_the_reason_is_given(images, distorted):
    results, rectification = PairRectifier().rectify(
        images, RAW, NoDepth('none arrived', False), 'on'
    )
    assert same(results, images)
    assert rectification.obstacle == 'none arrived'

    unknown = replace(distorted.right, distortion_model='thin_prism')
    calibration = StereoCalibration(distorted.left, unknown)
    results, rectification = PairRectifier().rectify(images, RAW, calibration, 'auto')
    assert same(results, images)
    assert rectification.obstacle.startswith('right camera_info: distortion_model "thin_prism"')
