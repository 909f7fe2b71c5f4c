# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Every preset of config/consumers publishes what that consumer subscribes to.

The node gets the same arguments as from the launch file. Names, QoS and synchronisers come from
the consumers' sources, which the presets name.
"""

from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip('rclpy', reason='needs ROS 2')

from rclpy.qos import qos_profile_sensor_data, qos_profile_system_default  # noqa: E402
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2  # noqa: E402

from crestereo_ros.launching.arguments import parameter_value  # noqa: E402
from crestereo_ros.launching.consumers import ConsumerPreset  # noqa: E402
from crestereo_ros.parameters import DEPTH_PARAMETERS  # noqa: E402

PRESETS = Path(__file__).parents[3] / 'config/consumers'
NAMES = sorted(path.stem for path in PRESETS.glob('*.yaml'))
DECLARED = {x.name: x for x in DEPTH_PARAMETERS}
HEIGHT, WIDTH = 96, 128
FOCAL_LENGTH, BASELINE = 100.0, 0.1


@pytest.fixture
def consumer(start_depth, connect, pair):
    """Return a function that runs the node for a consumer and returns the messages of one pair."""

    def consumer(name, topics):
        preset = ConsumerPreset.read(PRESETS, name)
        remappings = [x for rule in preset.topics.items() for x in ('-r', ':='.join(rule))]
        values = {key: parameter_value(DECLARED[key], x) for key, x in preset.arguments.items()}
        values |= {'focal_length': FOCAL_LENGTH, 'baseline': BASELINE, 'max_latency_ms': 0.0}
        values['confidence_threshold'] = 0.0  # it would reject most pixels of an untrained network
        client = connect(start_depth(*remappings, **values))
        received = {topic: {} for topic in topics}
        for topic, (kind, qos) in topics.items():

            def keep(message, of=received[topic]):
                of[client.stamp_of(message)] = message

            client.node.create_subscription(kind, topic, keep, qos)

        def complete():
            """Publish a pair, and return the stamps that all topics have."""
            client.publish_pair(*pair)
            client.spin_for(0.3)
            return set.intersection(*(set(messages) for messages in received.values()))

        stamp = client.spin_until(complete).pop()
        return {topic: messages[stamp] for topic, messages in received.items()}

    return consumer


def test_every_preset_has_a_test_and_names_its_sources():
    assert NAMES == ['nav2', 'nvblox', 'rtabmap']
    for name in NAMES:
        text = (PRESETS / f'{name}.yaml').read_text()
        assert '# Read from ' in text and '.cpp' in text
        assert set(yaml.safe_load(text)) == {'arguments', 'topics'}


def test_nvblox(consumer):
    qos = qos_profile_system_default
    messages = consumer(
        'nvblox',
        {
            'camera_0/depth/image': (Image, qos),
            'camera_0/depth/camera_info': (CameraInfo, qos),
            'camera_0/color/image': (Image, qos),
        },
    )
    depth, info, color = messages.values()
    assert depth.encoding == '32FC1' and color.encoding == 'rgb8'
    assert (depth.height, depth.width) == (color.height, color.width) == (info.height, info.width)
    assert depth.header == info.header == color.header
    assert info.k[0] == FOCAL_LENGTH and depth.header.frame_id == 'left_camera'


def test_rtabmap(consumer, pair):
    qos = qos_profile_system_default
    messages = consumer(
        'rtabmap',
        {
            'rgb/image': (Image, qos),
            'depth/image': (Image, qos),
            'rgb/camera_info': (CameraInfo, qos),
        },
    )
    color, depth, info = messages.values()
    assert color.encoding == 'rgb8' and depth.encoding == '32FC1'
    pixels = np.frombuffer(color.data, np.uint8).reshape(HEIGHT, WIDTH, 3)
    np.testing.assert_array_equal(pixels[..., ::-1], pair[0])
    assert info.p[0] == FOCAL_LENGTH and info.header == depth.header


def test_nav2(consumer):
    (cloud,) = consumer('nav2', {'points2': (PointCloud2, qos_profile_sensor_data)}).values()
    assert [field.name for field in cloud.fields] == ['x', 'y', 'z', 'rgb']
    assert (cloud.height, cloud.width, cloud.point_step) == (HEIGHT // 4, WIDTH // 4, 16)
    assert cloud.header.frame_id == 'left_camera'


def test_foxglove_over_wifi(start_depth, connect, pair):
    """The compressed topics, as image_transport names and marks them."""
    client = connect(start_depth(focal_length=FOCAL_LENGTH, baseline=BASELINE))
    received = {}
    for topic in 'depth/image_rect/compressedDepth', 'disparity/image_color/compressed':

        def keep(message, of=topic):
            received[of] = message

        client.node.create_subscription(CompressedImage, topic, keep, 5)

    def both():
        client.publish_pair(*pair)
        client.spin_for(0.3)
        return len(received) == 2

    client.spin_until(both)
    depth, color = (
        received['depth/image_rect/compressedDepth'],
        received['disparity/image_color/compressed'],
    )
    assert depth.format == '32FC1; compressedDepth png'
    assert bytes(depth.data[12:16]) == b'\x89PNG'
    assert color.format == 'bgr8; jpeg compressed bgr8'
    assert bytes(color.data[:2]) == b'\xff\xd8'
