# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Every preset of config/cameras gives depth, from what it says that the driver publishes.

The node is started with what the launch file would give it.
"""

from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

pytest.importorskip('rclpy', reason='needs ROS 2')

from rclpy.qos import QoSProfile, ReliabilityPolicy  # noqa: E402
from sensor_msgs.msg import CameraInfo, CompressedImage, Image  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from crestereo_ros.launching.arguments import parameter_value  # noqa: E402
from crestereo_ros.launching.cameras import CameraPreset, topic_of_camera, TOPICS  # noqa: E402
from crestereo_ros.nodes.image_messages import to_message  # noqa: E402
from crestereo_ros.parameters import DEPTH_PARAMETERS  # noqa: E402

PRESETS = Path(__file__).parents[3] / 'config/cameras'
NAMES = sorted(path.stem for path in PRESETS.glob('*.yaml'))
HEIGHT, WIDTH = 96, 128
FOCAL_LENGTH, BASELINE = 100.0, 0.05
ATTEMPTS = 300  # only reached by a failure
# How OpenCV gets there from BGR. YUY2 is filled with noise, as it is only received here.
CONVERSIONS = {
    'mono8': cv2.COLOR_BGR2GRAY,
    'rgb8': cv2.COLOR_BGR2RGB,
    'bgra8': cv2.COLOR_BGR2BGRA,
}


def image_message(image: np.ndarray, encoding: str) -> Image | CompressedImage:
    if encoding == 'jpeg':
        return CompressedImage(format='jpeg', data=cv2.imencode('.jpg', image)[1].tobytes())
    if encoding == 'yuv422_yuy2':
        return Image(
            height=HEIGHT,
            width=WIDTH,
            encoding=encoding,
            step=2 * WIDTH,
            data=image[..., :2].tobytes(),
        )
    converted = cv2.cvtColor(image, CONVERSIONS[encoding]) if encoding in CONVERSIONS else image
    return to_message(converted, encoding)


def camera_info(publishes: dict, side: str) -> CameraInfo:
    k = [FOCAL_LENGTH, 0.0, WIDTH / 2, 0.0, FOCAL_LENGTH, HEIGHT / 2, 0.0, 0.0, 1.0]
    p = [*k[:3], 0.0, *k[3:6], 0.0, *k[6:], 0.0]
    if side == 'right':
        p[3] = -FOCAL_LENGTH * BASELINE
    return CameraInfo(
        height=HEIGHT,
        width=WIDTH,
        distortion_model=publishes['distortion_model'],
        d=publishes['distortion'],
        k=k,
        r=np.eye(3).ravel().tolist(),
        p=p,
    )


@pytest.mark.parametrize('camera', NAMES)
def test_what_the_driver_publishes_gives_depth(start_depth, connect, image, camera):
    preset = CameraPreset.read(PRESETS, camera)
    publishes = yaml.safe_load((PRESETS / f'{camera}.yaml').read_text())['publishes']
    topics = {
        argument: topic_of_camera(argument, preset.arguments[argument], preset.name, False)
        for argument in TOPICS
    }
    parameters = {
        declaration.name: parameter_value(declaration, preset.arguments[declaration.name])
        for declaration in DEPTH_PARAMETERS
        if declaration.name in preset.arguments
    }
    remappings = [f'{TOPICS[argument]}:={topic}' for argument, topic in topics.items()]
    node = start_depth(*(x for rule in remappings for x in ('-r', rule)), **parameters)
    client = connect(node).listen()
    qos = QoSProfile(depth=10, reliability=ReliabilityPolicy[publishes['reliability'].upper()])

    def publish(encoding: str) -> int:
        stamp = client.new_stamp()
        for side in ('left', 'right'):
            shift = round(publishes['stamp_difference'] * 1e9) if side == 'right' else 0
            seconds, nanoseconds = divmod(stamp + shift, 10**9)
            header = Header(frame_id=side)
            header.stamp.sec, header.stamp.nanosec = seconds, nanoseconds
            info, message = (
                camera_info(publishes, side),
                image_message(image(len(side)), encoding),
            )
            info.header = message.header = header
            client.publisher(CameraInfo, topics[f'{side}_camera_info']).publish(info)
            topic = topics[f'{side}_image'] + ('/compressed' if encoding == 'jpeg' else '')
            client.publisher(type(message), topic, qos).publish(message)
        client.spin_for(0.2)
        return stamp

    compressed = [publishes['compressed']] if 'compressed' in publishes else []
    for encoding in (*publishes['encodings'], *compressed):
        if encoding in compressed:
            assert client.set_parameters(image_transport='compressed').successful
        client.disparities.clear()
        stamps = {publish(encoding)}

        def with_depth(stamps=stamps):
            """Return a disparity of this encoding's pairs that depth follows from."""
            return [
                message
                for _, message in client.disparities
                if message.t and client.stamp_of(message) in stamps
            ]

        for _ in range(ATTEMPTS):  # the first pairs are for discovery and the model
            if with_depth():
                break
            stamps.add(publish(encoding))
        message = with_depth()[0]
        assert message.header.frame_id == 'left'
        assert message.f == FOCAL_LENGTH
        assert message.t == pytest.approx(BASELINE)
        assert (message.image.height, message.image.width) == (HEIGHT, WIDTH)
    is_raw = any(publishes['distortion'])
    state = client.spin_until(lambda: client.status.get('rectification'))
    assert ('by camera_info' in state) == is_raw
