# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Every field of a DisparityImage."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.nodes.depth.outputs import DisparityOutput  # noqa: E402

FX, BASELINE = 500.0, 0.12


@pytest.fixture
def output(make_node):
    return DisparityOutput(make_node('example'))


def test_depth_of_a_point_comes_back(output, result_of, calibration_of):
    """Project a point by the two P matrices, then compute its depth by the message's formula."""
    calibration = calibration_of(FX, BASELINE, cx_left=300.0, cx_right=340.0)
    point = np.array([0.3, -0.2, 2.5, 1.0])
    (x_left, _, w_left), (x_right, _, w_right) = (
        camera.p @ point for camera in (calibration.left, calibration.right)
    )
    shift = np.full((480, 640), x_left / w_left - x_right / w_right, np.float32)
    message = output.message(result_of(shift, (0.0, 1.0), calibration))
    disparity = np.frombuffer(message.image.data, np.float32)[0]
    assert message.f * message.t / disparity == pytest.approx(point[2], rel=1e-5)


def test_every_field_of_the_message(output, result_of, calibration_of):
    shift = np.linspace(2, 60, 24, dtype=np.float32).reshape(4, 6)
    calibration = calibration_of(FX, BASELINE, cx_left=323.0, cx_right=320.0)
    result = result_of(shift, (5.0, 40.0), calibration)
    message = output.message(result)
    assert message.header == message.image.header == result.header
    assert message.image.encoding == '32FC1'
    assert (message.image.height, message.image.width) == (4, 6)
    disparity = np.frombuffer(message.image.data, np.float32).reshape(4, 6)
    np.testing.assert_allclose(disparity, shift - 3)
    assert (message.f, message.t) == pytest.approx((FX, BASELINE))
    window = message.valid_window
    assert (window.x_offset, window.y_offset, window.width, window.height) == (0, 0, 6, 4)
    # Less than min_disparity means invalid, so nothing that was measured may be.
    assert message.min_disparity == disparity.min()
    assert message.max_disparity == disparity.max()
    assert 0 < message.delta_d < 1e-4
    assert np.float32(57) + np.float32(message.delta_d) > np.float32(57)


def test_without_calibration_there_is_no_depth(output, result_of):
    shift = np.full((4, 6), 7.0, np.float32)
    message = output.message(result_of(shift, (0.0, 10.0)))
    assert (message.f, message.t) == (0.0, 0.0)
    np.testing.assert_array_equal(np.frombuffer(message.image.data, np.float32), 7.0)


@pytest.mark.parametrize('value', [0.0, 20.0, -3.0, np.nan])
def test_the_range_of_a_flat_image_is_never_empty(output, result_of, value):
    message = output.message(result_of(np.full((4, 6), value, np.float32), (0.0, 1.0)))
    assert message.min_disparity < message.max_disparity


def test_the_range_is_steady_while_it_holds_what_was_measured(output, result_of):
    for values in ((12, 30), (15, 25)):
        message = output.message(result_of(np.array([values], np.float32), (10.0, 40.0)))
        assert (message.min_disparity, message.max_disparity) == (10.0, 40.0)
