# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Publishers that a subscription cannot receive."""

import importlib
import sys
import time

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

import rclpy  # noqa: E402
from rclpy.qos import (  # noqa: E402
    DurabilityPolicy,
    qos_profile_sensor_data,
    QoSProfile,
)
from sensor_msgs.msg import CompressedImage, Image  # noqa: E402

from crestereo_ros.nodes import incompatible_publishers as module  # noqa: E402
from crestereo_ros.nodes.incompatible_publishers import (  # noqa: E402
    incompatible_publishers,
    incompatible_subscriptions,
)


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


def test_subscriptions_are_named_with_their_reason_and_others_are_not(make_node):
    publisher = make_node('depth').create_publisher(Image, '/results', 5)
    node = make_node('viewer')
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    node.create_subscription(Image, '/results', lambda message: None, 5)
    node.create_subscription(Image, '/results', lambda message: None, qos_profile_sensor_data)
    node.create_subscription(Image, '/results', lambda message: None, latched)
    end = time.monotonic() + 60
    while node.count_subscribers('/results') < 3:
        assert time.monotonic() < end
        time.sleep(0.02)
    (refused,) = incompatible_subscriptions(node, '/results', Image, publisher.qos_profile)
    assert refused.startswith('/viewer requests an incompatible QoS: ') and 'Volatile' in refused


def test_needs_no_module_that_rclpy_of_lyrical_lacks(monkeypatch):
    monkeypatch.setitem(sys.modules, 'rclpy.topic_endpoint_info', None)  # as if not installed
    importlib.reload(module)
