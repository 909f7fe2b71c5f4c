# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Diagnostics of the depth node, over DDS."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402
from rclpy.qos import DurabilityPolicy, QoSProfile  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402

from crestereo_ros.nodes.depth.health import DEPTH_NEEDS  # noqa: E402
from crestereo_ros.nodes.depth.outputs import OUTPUTS  # noqa: E402

HEIGHT, WIDTH = 96, 128


def test_diagnostics_account_for_every_pair(client, pair, model_file):
    client.disparity_of(*pair)
    status = client.status_with_pairs()
    assert status['level'] == DiagnosticStatus.OK, status['message']
    dropped = sum(int(n) for key, n in status.items() if key.startswith('pairs dropped'))
    assert int(status['pairs received']) == int(status['pairs processed']) + dropped
    assert status['provider'] == 'cpu'
    assert status['iterations'] == '1'
    assert status['resolution'] == f'{HEIGHT}x{WIDTH}'
    assert float(status['age of result (ms)']) >= float(status['inference (ms)']) > 0
    for name in ('inference', 'age of result'):
        median, high = (float(status[f'{name}: {x} (ms)']) for x in ('median', '95th percentile'))
        assert 0 < median <= high
    assert status['hardware_id'] == f'cpu: {model_file}'
    assert status['size of disparity (kB)'] == f'{4 * HEIGHT * WIDTH / 1e3:.1f}'
    assert status['size of disparity/image_color (kB)'] == f'{3 * HEIGHT * WIDTH / 1e3:.1f}'
    assert 'size of points2 (kB)' not in status
    assert float(status['published (MB/s)']) >= 0


def test_reports_missing_calibration_with_what_to_set(node, client, pair):
    received = []
    subscription = client.node.create_subscription(Image, 'depth/image_rect', received.append, 10)

    def status():
        client.disparity_of(*pair)
        return client.fresh_status()

    client.spin_until(lambda: status()['level'] == DiagnosticStatus.WARN)
    names = [f'{node.namespace}/{side}/camera_info' for side in ('left', 'right')]
    assert client.status['message'] == (
        f'Nothing on {node.namespace}/depth/image_rect: no camera_info arrived on '
        f'{" and ".join(names)}. {DEPTH_NEEDS}'
    )
    assert not received
    assert client.set_parameters(focal_length=100.0, baseline=0.1).successful
    assert status()['level'] == DiagnosticStatus.OK
    client.spin_until(lambda: received)
    assert client.set_parameters(focal_length=0.0, baseline=0.0).successful
    client.node.destroy_subscription(subscription)
    client.spin_until(lambda: status()['level'] == DiagnosticStatus.OK)


def test_idle_while_nobody_subscribes(start_depth, connect, pair):
    node = start_depth()
    client = connect(node).listen(disparity=False)
    node.wait_for('runs on cpu')
    status = client.fresh_status()
    assert status['level'] == DiagnosticStatus.OK
    topics = ', '.join(f'{node.namespace}/{output.topic}' for output in OUTPUTS)
    assert status['message'] == f'Idle: nobody subscribes to {topics}'
    assert status['pairs received'] == status['pairs processed'] == '0'
    # A subscriber that cannot receive the topic is named.
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    client.node.create_subscription(Image, 'depth/image_rect', lambda message: None, latched)
    status = client.spin_until(
        lambda: client.status.get('level') == DiagnosticStatus.WARN and client.status
    )
    topic, name = f'{node.namespace}/depth/image_rect', f'{node.namespace}/client'
    assert status['message'].startswith(
        f'Nobody can receive {topic}: {name} requests an incompatible QoS: '
    )
    client.listen()
    client.warm_up(*pair)
    client.disparity_of(*pair)
    status = client.fresh_status()
    assert status['level'] == DiagnosticStatus.WARN
    assert status['message'].startswith(f'Not everybody can receive {topic}: {name} requests an')


def test_several_bad_images_in_a_row_are_an_error(client, pair):
    unreadable = Image(height=2, width=2, encoding='32FC1', step=8, data=bytes(16))
    for level, number in (DiagnosticStatus.WARN, 1), (DiagnosticStatus.ERROR, 3):
        client.disparity_of(*pair)
        assert client.status_with_pairs()['level'] == DiagnosticStatus.OK, client.status
        dropped = int(client.status['pairs dropped: unusable images'])
        for count in range(1, number + 1):
            client.publish_pair(unreadable, pair[1])
            client.spin_until(
                lambda total=dropped + count: (
                    int(client.status['pairs dropped: unusable images']) == total
                )
            )
        assert client.fresh_status()['level'] == level
    client.disparity_of(*pair)
    assert client.status_with_pairs()['level'] == DiagnosticStatus.OK, client.status


def test_a_blank_pair_is_an_error_until_a_good_one_arrives(node, client, pair):
    assert client.set_parameters(mask_textureless=True).successful
    black = np.zeros_like(pair[0])

    def level_of(*images):
        client.disparity_of(*images)
        return client.fresh_status()['level']

    client.spin_until(lambda: level_of(*pair) == DiagnosticStatus.OK)
    assert client.status['image faults'] == 'none'
    assert float(client.status['pixels known (%)']) > 50
    client.spin_until(lambda: level_of(black, black) == DiagnosticStatus.ERROR)
    topics = ' and '.join(f'{node.namespace}/{side}/image_rect' for side in ('left', 'right'))
    assert client.status['message'].startswith(f'{topics}: both images are too dark: uncover')
    assert client.status['image faults'] == 'too dark'
    assert float(client.status['pixels known (%)']) == 0
    assert float(client.status['median confidence']) == 0
    client.spin_until(lambda: level_of(pair[1], black) == DiagnosticStatus.ERROR)
    client.spin_until(lambda: 'the right image is covered' in client.status['message'])
    client.spin_until(lambda: level_of(*pair) == DiagnosticStatus.OK)
    assert client.set_parameters(mask_textureless=False).successful
