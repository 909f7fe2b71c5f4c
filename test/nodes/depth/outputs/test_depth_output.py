# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth in metres and millimetres."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.nodes.depth.outputs import DepthOutput  # noqa: E402

FX, BASELINE, OFFSET = 500.0, 0.12, 7.0
SHIFT = np.float32([[3, 6, 12, 24, 60, 90], [0, -1, np.nan, np.inf, 30, 30]])
VALID = np.array([[True] * 6, [True] * 5 + [False]])
LIMITS = {'min_depth': 0.99, 'max_depth': 10.01}


@pytest.fixture
def output(make_node):
    return DepthOutput(make_node('example'))


@pytest.fixture
def result(result_of, calibration_of):
    """Return a function that makes a result of SHIFT, whose depth is 60 / SHIFT metres."""
    calibration = calibration_of(FX, BASELINE, cx_left=320 + OFFSET, cx_right=320)
    return lambda **parameters: result_of(
        SHIFT + np.float32(OFFSET), calibration=calibration, valid=VALID, **parameters
    )


def test_metres_with_invalid_values_as_in_rep_117(output, result):
    message = output.message(result(**LIMITS))
    assert message.header.frame_id == 'left_camera' and message.header.stamp.sec == 7
    assert (message.encoding, message.height, message.width, message.step) == ('32FC1', 2, 6, 24)
    depth = np.frombuffer(message.data, np.float32).reshape(2, 6)
    inf, nan = np.inf, np.nan
    expected = [[inf, 10, 5, 2.5, 1, -inf], [inf, inf, nan, nan, 2, nan]]
    np.testing.assert_allclose(depth, expected, rtol=1e-5)


def test_millimetres_with_0_for_invalid_depth(output, result):
    message = output.message(result(depth_encoding='16UC1', **LIMITS))
    assert (message.encoding, message.step) == ('16UC1', 12)
    depth = np.frombuffer(message.data, np.uint16).reshape(2, 6)
    assert depth.tolist() == [[0, 10000, 5000, 2500, 1000, 0], [0, 0, 0, 0, 2000, 0]]


def test_nothing_without_calibration(output, result_of):
    assert output.message(result_of(SHIFT)) is None


def test_depth_is_computed_once(result):
    one = result()
    assert one.result.depth is one.result.depth
