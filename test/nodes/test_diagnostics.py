# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Messages on /diagnostics."""

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402

from crestereo_ros.nodes.diagnostics import array_of  # noqa: E402


def test_the_status_of_a_part_of_a_node(make_node):
    node = make_node('example', namespace='/robot')
    before = node.get_clock().now().to_msg()
    array = array_of(node, 'depth', DiagnosticStatus.WARN, 'no images', {'pairs': 3}, 'cpu')
    assert (array.header.stamp.sec, array.header.stamp.nanosec) >= (before.sec, before.nanosec)
    (status,) = array.status
    assert (status.name, status.level) == ('robot/example: depth', DiagnosticStatus.WARN)
    assert (status.message, status.hardware_id) == ('no images', 'cpu')
    assert [(item.key, item.value) for item in status.values] == [('pairs', '3')]
