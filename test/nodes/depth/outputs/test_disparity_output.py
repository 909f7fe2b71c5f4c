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


def test_the_depth_of_a_point_is_recovered(output, result_of, calibration_of):
    """Project a point with both P matrices, then compute its depth with the message's formula."""
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
    assert disparity[0, 0] == 0  # was -1, which is beyond infinity
    np.testing.assert_allclose(disparity.flat[1:], shift.flat[1:] - 3, rtol=1e-6)
    assert (message.f, message.t) == pytest.approx((FX, BASELINE))
    window = message.valid_window
    # The smallest measured shift is 4.52: columns 0 to 4 are beyond the right image's edge.
    assert (window.x_offset, window.y_offset, window.width, window.height) == (5, 0, 1, 4)
    # Values below min_disparity are invalid, so no measured one may be there.
    assert message.min_disparity == disparity.flat[1]
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


@pytest.mark.parametrize('is_calibrated', [True, False])
@pytest.mark.parametrize('first', [-20.0, 0.5, 30.0])
def test_unknown_disparities_are_below_all_known_ones(
    output, result_of, calibration_of, first, is_calibrated
):
    """OpenCV takes the smallest value of an image for missing."""
    shift = np.linspace(first, first + 40, 24, dtype=np.float32).reshape(4, 6)
    valid = np.ones((4, 6), bool)
    valid[1:3, 2:] = False
    shift[0, 5] = np.nan
    calibration = calibration_of(FX, BASELINE) if is_calibrated else None
    message = output.message(result_of(shift, calibration=calibration, valid=valid))
    disparity = np.frombuffer(message.image.data, np.float32).reshape(4, 6)
    known = valid & np.isfinite(shift) & ((shift > 0) | (calibration is None))
    np.testing.assert_array_equal(disparity[known], shift[known])
    assert len(set(disparity[~known])) == 1
    assert disparity[~known].max() < message.min_disparity <= disparity[known].min()
    if is_calibrated:
        assert (disparity[~known] == 0).all()  # so that f t / d is infinite


def test_an_image_without_known_pixels(output, result_of, calibration_of):
    valid = np.zeros((4, 6), bool)
    shift, calibration = np.full((4, 6), 9.0, np.float32), calibration_of(FX, BASELINE)
    message = output.message(result_of(shift, (-2.0, -1.0), calibration, valid))
    assert message.valid_window.width == message.valid_window.height == 0
    disparity = np.frombuffer(message.image.data, np.float32)
    assert (disparity < message.min_disparity).all()
    assert message.min_disparity < message.max_disparity


def test_depths_beyond_the_limits_are_unknown(output, result_of, calibration_of):
    shift = np.array([[5, 10, 20, 30, 60, 61]], np.float32)  # 60 / shift are metres
    calibration = calibration_of(FX, BASELINE)
    result = result_of(shift, (0.0, 64.0), calibration, min_depth=0.99, max_depth=6.01)
    disparity = np.frombuffer(output.message(result).image.data, np.float32)
    assert disparity.tolist() == [0, 10, 20, 30, 60, 0]


def test_the_range_is_steady_while_it_contains_the_measurements(output, result_of):
    for values in ((12, 30), (15, 25)):
        message = output.message(result_of(np.array([values], np.float32), (10.0, 40.0)))
        assert (message.min_disparity, message.max_disparity) == (10.0, 40.0)
