# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Every preset of config/consumers gives what that consumer subscribes to.

The node is started with what the launch file would give it. The names, QoS and synchronisers are
those of the consumers' sources, which the presets name.
"""

from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip('rclpy', reason='needs ROS 2')

from builtin_interfaces.msg import Time  # noqa: E402
from rclpy.qos import qos_profile_sensor_data, qos_profile_system_default  # noqa: E402
from rosgraph_msgs.msg import Clock  # noqa: E402
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2  # noqa: E402

from crestereo_ros.launching.arguments import parameter_value  # noqa: E402
from crestereo_ros.launching.consumers import ConsumerPreset  # noqa: E402
from crestereo_ros.parameters import DEPTH_PARAMETERS  # noqa: E402

PRESETS = Path(__file__).parents[3] / 'config/consumers'
NAMES = sorted(path.stem for path in PRESETS.glob('*.yaml'))
DECLARED = {x.name: x for x in DEPTH_PARAMETERS}
HEIGHT, WIDTH = 96, 128
FOCAL_LENGTH, BASELINE = 100.0, 0.1
BEGIN = 1_600_000_000_000_000_000  # the first stamp of a bag
STEP = 100_000_000  # nanoseconds between two pairs
# What each consumer subscribes, with its names, types and QoS.
TOPICS = {
    'nvblox': {
        'camera_0/depth/image': (Image, qos_profile_system_default),
        'camera_0/depth/camera_info': (CameraInfo, qos_profile_system_default),
        'camera_0/color/image': (Image, qos_profile_system_default),
    },
    'rtabmap': {
        'rgb/image': (Image, qos_profile_system_default),
        'depth/image': (Image, qos_profile_system_default),
        'rgb/camera_info': (CameraInfo, qos_profile_system_default),
    },
    'nav2': {'points2': (PointCloud2, qos_profile_sensor_data)},
}


class Consumer:
    """Subscribes as a consumer does to what the depth node publishes with a preset."""

    def __init__(self, client, topics):
        """
        Subscribe.

        :param topics: names with types and QoS
        """
        self.client = client
        self.received = {topic: {} for topic in topics}
        for topic, (kind, qos) in topics.items():

            def keep(message, of=self.received[topic]):
                of[client.stamp_of(message)] = message

            client.node.create_subscription(kind, topic, keep, qos)

    def stamps(self):
        """Return the stamps that all topics have, exactly: that is what they are joined by."""
        return set.intersection(*(set(messages) for messages in self.received.values()))

    def messages_of(self, pair):
        """Publish a pair until messages of one stamp come on all topics; return these."""

        def complete():
            self.client.publish_pair(*pair)
            self.client.spin_for(0.3)
            return self.stamps()

        stamp = self.client.spin_until(complete).pop()
        return {topic: messages[stamp] for topic, messages in self.received.items()}


@pytest.fixture
def consumer(start_depth, connect):
    """Return a function that runs the node for a consumer, and subscribes as that does."""

    def consumer(name, topics=None, **parameters):
        preset = ConsumerPreset.read(PRESETS, name) if name else ConsumerPreset({}, {})
        remappings = [x for rule in preset.topics.items() for x in ('-r', ':='.join(rule))]
        values = {key: parameter_value(DECLARED[key], x) for key, x in preset.arguments.items()}
        values |= {'focal_length': FOCAL_LENGTH, 'baseline': BASELINE, 'max_latency_ms': 0.0}
        values['confidence_threshold'] = 0.0  # of an untrained network, hardly a pixel would stay
        client = connect(start_depth(*remappings, **{**values, **parameters}))
        return Consumer(client, topics or TOPICS[name])

    return consumer


def test_every_preset_has_a_test_and_says_where_it_was_read():
    assert NAMES == ['nav2', 'nvblox', 'rtabmap']
    for name in NAMES:
        text = (PRESETS / f'{name}.yaml').read_text()
        assert '# Read from ' in text and '.cpp' in text
        assert set(yaml.safe_load(text)) == {'arguments', 'topics'}


def test_nvblox(consumer, pair):
    depth, info, color = consumer('nvblox').messages_of(pair).values()
    assert depth.encoding == '32FC1' and color.encoding == 'rgb8'
    assert (depth.height, depth.width) == (color.height, color.width) == (info.height, info.width)
    assert depth.header == info.header == color.header
    assert info.k[0] == FOCAL_LENGTH and depth.header.frame_id == 'left_camera'


def test_rtabmap(consumer, pair):
    color, depth, info = consumer('rtabmap').messages_of(pair).values()
    assert color.encoding == 'rgb8' and depth.encoding == '32FC1'
    pixels = np.frombuffer(color.data, np.uint8).reshape(HEIGHT, WIDTH, 3)
    np.testing.assert_array_equal(pixels[..., ::-1], pair[0])
    assert info.p[0] == FOCAL_LENGTH and info.header == depth.header


def test_nav2(consumer, pair):
    (cloud,) = consumer('nav2').messages_of(pair).values()
    assert [field.name for field in cloud.fields] == ['x', 'y', 'z', 'rgb']
    assert (cloud.height, cloud.width, cloud.point_step) == (HEIGHT // 4, WIDTH // 4, 16)
    assert cloud.header.frame_id == 'left_camera'


@pytest.mark.parametrize('name', NAMES)
def test_a_bag_that_loops_goes_on_for_every_consumer(consumer, pair, name):
    """On simulated time, which goes back by the length of the bag, as its stamps do."""
    using = consumer(name, use_sim_time=True, point_cloud_rate=0.0)
    client = using.client
    clock = client.publisher(Clock, '/clock')
    using.messages_of(pair)
    for _ in range(3):
        for messages in using.received.values():
            messages.clear()
        for number in range(5):
            stamp = BEGIN + number * STEP
            clock.publish(Clock(clock=Time(sec=stamp // 10**9, nanosec=stamp % 10**9)))
            for side, image in zip(('left', 'right'), pair, strict=True):
                client.publish(side, image, stamp)
            client.spin_until(lambda stamp=stamp: stamp in using.stamps())


def test_foxglove_over_wifi(consumer, pair):
    """The compressed topics, as image_transport names and marks them."""
    topics = ('depth/image_rect/compressedDepth', 'disparity/image_color/compressed')
    using = consumer('', dict.fromkeys(topics, (CompressedImage, qos_profile_system_default)))
    depth, color = using.messages_of(pair).values()
    assert depth.format == '32FC1; compressedDepth png'
    assert bytes(depth.data[12:16]) == b'\x89PNG'
    assert color.format == 'bgr8; jpeg compressed bgr8'
    assert bytes(color.data[:2]) == b'\xff\xd8'
