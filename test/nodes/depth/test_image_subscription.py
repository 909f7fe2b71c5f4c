# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The reliability of the images, and when they are received, over DDS."""

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from rclpy.qos import qos_profile_sensor_data  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402
from stereo_msgs.msg import DisparityImage  # noqa: E402


def test_receives_best_effort_publishers(start_depth, connect, pair):
    node = start_depth()
    client = connect(node).listen()
    for side in ('left', 'right'):
        client.publisher(Image, f'{side}/image_rect', qos_profile_sensor_data)
        node.wait_for(f'{node.namespace}/{side}/image_rect as best effort, so')
    client.warm_up(*pair)
    status = client.fresh_status()
    assert status['left subscription'] == status['right subscription'] == 'best_effort'


def test_quality_of_service_can_be_overridden(start_depth, connect):
    # In a known namespace, because the parameter contains the topic's full name.
    arguments = []
    for topic, kind in (('left/image_rect', 'subscription'), ('disparity', 'publisher')):
        name = f'qos_overrides./overridden/{topic}.{kind}.reliability'
        arguments += ['-p', f'{name}:=best_effort']
    node = start_depth(*arguments, namespace='/overridden')
    client = connect(node).listen()
    (info,) = client.spin_until(
        lambda: client.node.get_subscriptions_info_by_topic('/overridden/left/image_rect')
    )
    assert info.qos_profile.reliability.name == 'BEST_EFFORT'
    (info,) = client.spin_until(
        lambda: client.node.get_publishers_info_by_topic('/overridden/disparity')
    )
    assert info.qos_profile.reliability.name == 'BEST_EFFORT'


def test_best_effort_ends_when_all_publishers_are_reliable_again(start_depth, connect, pair):
    node = start_depth()
    client = connect(node).listen()
    first = {}
    for side in ('left', 'right'):
        topic = f'{side}/image_rect'
        first[side] = client.node.create_publisher(Image, topic, qos_profile_sensor_data)
        node.wait_for(f'{node.namespace}/{topic} as best effort, so')
    reliable = client.publisher(Image, 'left/image_rect')
    client.spin_until(lambda: client.status.get('left subscription') == 'best_effort')
    client.spin_for(4.0)  # one of two publishers is still best effort
    assert client.fresh_status()['left subscription'] == 'best_effort'

    for publisher in first.values():
        client.node.destroy_publisher(publisher)
    node.wait_for(f'{node.namespace}/left/image_rect is published reliably now')
    client.spin_until(lambda: client.status['left subscription'] == 'reliable')
    assert client.status['right subscription'] == 'best_effort'  # it has no publisher
    client.publisher(Image, 'right/image_rect')
    node.wait_for(f'{node.namespace}/right/image_rect is published reliably now')
    client.spin_until(reliable.get_subscription_count)
    client.warm_up(*pair)
    assert node.count('best effort, so') == node.count('reliably again') == 2


def test_overridden_best_effort_stays(start_depth, connect):
    name = 'qos_overrides./chosen/left/image_rect.subscription.reliability'
    node = start_depth('-p', f'{name}:=best_effort', namespace='/chosen')
    client = connect(node).listen()
    client.publisher(Image, 'left/image_rect')  # reliable
    client.spin_for(4.0)
    assert client.fresh_status()['left subscription'] == 'best_effort'


def test_images_are_received_only_while_somebody_subscribes_to_an_output(
    start_depth, connect, pair
):
    node = start_depth()
    client = connect(node).listen(disparity=False)
    node.wait_for('runs on cpu')
    topics = [f'{node.namespace}/{side}/image_rect' for side in ('left', 'right')]

    def subscriptions():
        return [client.node.count_subscribers(topic) for topic in topics]

    client.spin_until(lambda: client.status)
    for _ in range(2):
        client.spin_until(lambda: subscriptions() == [0, 0])
        status = client.fresh_status()
        assert status['left subscription'] == status['right subscription'] == 'none while idle'
        assert status['message'].startswith('Idle: nobody subscribes to ')
        received = []
        subscription = client.node.create_subscription(
            DisparityImage, 'disparity', received.append, 10
        )
        client.spin_until(lambda: subscriptions() == [1, 1])
        while not received:  # noqa: B023
            client.publish_pair(*pair)
            client.spin_for(0.2)
        client.node.destroy_subscription(subscription)
