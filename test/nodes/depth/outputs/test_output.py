# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Common behaviour of all outputs."""

import time

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.nodes.depth.outputs import OUTPUTS  # noqa: E402


@pytest.mark.parametrize('kind', OUTPUTS, ids=lambda kind: kind.topic)
def test_an_output_knows_its_topic_and_whether_it_has_subscribers(make_node, kind):
    node = make_node('example', namespace='/robot')
    output = kind(node)
    assert output.full_topic == f'/robot/{kind.topic}'
    node.trigger_configure()
    node.trigger_activate()
    assert not output.is_subscribed
    subscription = make_node('other').create_subscription(
        kind.message_type, output.full_topic, lambda message: None, 10
    )
    while not output.is_subscribed:  # until they have discovered each other
        time.sleep(0.01)
    assert subscription.topic_name == output.full_topic
    node.trigger_deactivate()
    assert not output.is_subscribed
