# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The calibration published with the depth."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.calibration import CameraCalibration, StereoCalibration  # noqa: E402
from crestereo_ros.nodes.depth.outputs import DepthInfoOutput  # noqa: E402


@pytest.fixture
def output(make_node):
    return DepthInfoOutput(make_node('example'))


def test_describes_the_rectified_image_at_its_size(output, result_of):
    def camera(tx):
        return CameraCalibration(
            width=640,
            height=480,
            distortion_model='rational_polynomial',
            d=np.full(8, 0.1),
            k=np.array([[480.0, 0, 300], [0, 490, 200], [0, 0, 1]]),
            r=np.eye(3)[::-1],
            p=np.array([[500.0, 0, 320, tx], [0, 500, 240, 0], [0, 0, 1, 0]]),
            binning=(2, 2),
        )

    calibration = StereoCalibration(camera(0.0), camera(-60.0)).for_image(160, 120)
    result = result_of(np.full((120, 160), 9, np.float32), calibration=calibration)
    message = output.message(result)
    assert message.header == result.header
    assert (message.width, message.height) == (160, 120)
    assert message.distortion_model == 'plumb_bob' and list(message.d) == [0] * 5
    assert (message.binning_x, message.binning_y, message.roi.width) == (1, 1, 0)
    np.testing.assert_array_equal(message.r.reshape(3, 3), np.eye(3))
    p = message.p.reshape(3, 4)
    # The corner of the image is half a pixel before the centre of its first pixel.
    expected = [[125, 0, 320.5 / 4 - 0.5, 0], [0, 125, 240.5 / 4 - 0.5, 0], [0, 0, 1, 0]]
    np.testing.assert_allclose(p, expected)
    np.testing.assert_array_equal(message.k.reshape(3, 3), p[:, :3])


def test_nothing_without_calibration(output, result_of):
    assert output.message(result_of(np.full((4, 6), 9, np.float32))) is None
