# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Disparity as colours."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.nodes.depth.outputs import ColorOutput  # noqa: E402
from crestereo_ros.nodes.image_messages import to_array  # noqa: E402
from crestereo_ros.pictures import colorize  # noqa: E402


def test_colours_span_the_range_of_the_result(make_node, result_of):
    disparity = np.linspace(0, 50, 24, dtype=np.float32).reshape(4, 6)
    result = result_of(disparity, (10.0, 40.0))
    message = ColorOutput(make_node('example')).message(result)
    assert message.header == result.header
    assert message.encoding == 'bgr8'
    np.testing.assert_array_equal(to_array(message), colorize(disparity, 10.0, 40.0))


def test_unknown_pixels_are_black_in_every_color_map(make_node, result_of):
    disparity = np.linspace(0, 50, 24, dtype=np.float32).reshape(4, 6)
    valid = np.arange(24).reshape(4, 6) % 3 > 0
    result = result_of(disparity, (10.0, 40.0), valid=valid, color_map='viridis')
    picture = to_array(ColorOutput(make_node('example')).message(result))
    expected = colorize(disparity, 10.0, 40.0, 'viridis')
    np.testing.assert_array_equal(picture[valid], expected[valid])
    assert (picture[~valid] == 0).all()
