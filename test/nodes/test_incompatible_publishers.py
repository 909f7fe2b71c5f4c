# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Publishers that a subscription cannot receive."""

import time

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

import rclpy  # noqa: E402
from rclpy.qos import qos_profile_sensor_data, QoSProfile  # noqa: E402
from sensor_msgs.msg import CompressedImage, Image  # noqa: E402

from crestereo_ros.nodes.incompatible_publishers import incompatible_publishers  # noqa: E402


@pytest.fixture
def packer(ros_domain):
    """Make a node in a separate participant: each has only one type for a topic."""
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node('packer', context=context)
    yield node
    node.destroy_node()
    context.try_shutdown()


def test_each_is_named_with_its_reason(make_node, packer):
    listener = make_node('listener')
    make_node('good').create_publisher(Image, '/images', 1)
    make_node('lossy', namespace='/cameras').create_publisher(
        Image, '/images', qos_profile_sensor_data
    )
    packer.create_publisher(CompressedImage, '/images', 1)
    end = time.monotonic() + 60
    names = {'good', 'lossy', 'packer'}  # discovered a moment after the publishers
    while {x.node_name for x in listener.get_publishers_info_by_topic('/images')} != names:
        assert time.monotonic() < end
        time.sleep(0.05)
    lossy, packing = sorted(
        incompatible_publishers(listener, '/images', Image, QoSProfile(depth=1))
    )
    assert lossy.startswith('/cameras/lossy offers an incompatible QoS: ')
    assert 'best effort' in lossy.lower()
    assert packing == (
        '/packer publishes sensor_msgs/msg/CompressedImage, not sensor_msgs/msg/Image'
    )
    assert incompatible_publishers(listener, '/images', Image, qos_profile_sensor_data) == [
        packing
    ]
