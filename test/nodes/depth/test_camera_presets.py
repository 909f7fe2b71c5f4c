# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Every preset of config/cameras gives depth from what it says the driver publishes.

The node gets the same arguments as from the launch file.
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
from stereo_msgs.msg import DisparityImage  # noqa: E402

from crestereo_ros.launching.arguments import parameter_value  # noqa: E402
from crestereo_ros.launching.cameras import CameraPreset, topic_of_camera, TOPICS  # noqa: E402
from crestereo_ros.nodes.image_messages import to_message  # noqa: E402
from crestereo_ros.parameters import DEPTH_PARAMETERS  # noqa: E402

PRESETS = Path(__file__).parents[3] / 'config/cameras'
PRESETS_READ = {
    path.stem: CameraPreset.read(PRESETS, path.stem) for path in sorted(PRESETS.glob('*.yaml'))
}
HEIGHT, WIDTH = 96, 128
FOCAL_LENGTH, BASELINE = 100.0, 0.05
ATTEMPTS = 300  # only reached by a failure
# OpenCV's conversions from BGR. YUY2 images are noise: the test only checks that they arrive.
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


class Camera:
    """A driver that publishes what its preset says, and the node for it."""

    def __init__(self, start_depth, connect, image, preset: str, name: str = ''):
        """
        Start the node as the launch file would.

        :param name: the camera's name if it is one of several
        """
        self.publishes = yaml.safe_load((PRESETS / f'{preset}.yaml').read_text())['publishes']
        arguments, self._name = PRESETS_READ[preset].arguments, name or PRESETS_READ[preset].name
        self._topics = {
            argument: topic_of_camera(argument, arguments[argument], self._name, bool(name))
            for argument in TOPICS
        }
        parameters = {
            declaration.name: parameter_value(declaration, arguments[declaration.name])
            for declaration in DEPTH_PARAMETERS
            if declaration.name in arguments
        }
        rules = [f'{TOPICS[argument]}:={topic}' for argument, topic in self._topics.items()]
        node = start_depth(*(x for rule in rules for x in ('-r', rule)), **parameters)
        self.client = connect(node).listen()
        self._image = image
        self._qos = QoSProfile(
            depth=10, reliability=ReliabilityPolicy[self.publishes['reliability'].upper()]
        )

    @property
    def compressed(self) -> list[str]:
        return [x for x in [self.publishes.get('compressed')] if x]

    def depth_of(self, encoding: str) -> DisparityImage:
        """Publish pairs until one of them gives a disparity with a baseline."""
        self.client.disparities.clear()
        stamps = set()
        for _ in range(ATTEMPTS):  # the first pairs are for discovery and the model
            stamps.add(self._publish(encoding))
            self.client.spin_for(0.2)
            for _, message in self.client.disparities:
                if message.t and self.client.stamp_of(message) in stamps:
                    return message
        pytest.fail(f'no depth of {encoding}: {self.client.status}')

    def _publish(self, encoding: str) -> int:
        stamp = self.client.new_stamp()
        for side in ('left', 'right'):
            shift = round(self.publishes['stamp_difference'] * 1e9) if side == 'right' else 0
            header = Header(frame_id=f'{self._name} {side}')
            header.stamp.sec, header.stamp.nanosec = divmod(stamp + shift, 10**9)
            info = camera_info(self.publishes, side)
            message = image_message(self._image(len(side)), encoding)
            info.header = message.header = header
            topic = self._topics[f'{side}_image'] + ('/compressed' * (encoding == 'jpeg'))
            self.client.publisher(CameraInfo, self._topics[f'{side}_camera_info']).publish(info)
            self.client.publisher(type(message), topic, self._qos).publish(message)
        return stamp


@pytest.mark.parametrize('preset', PRESETS_READ)
def test_what_the_driver_publishes_gives_depth(start_depth, connect, image, preset):
    camera = Camera(start_depth, connect, image, preset)
    for encoding in (*camera.publishes['encodings'], *camera.compressed):
        if encoding in camera.compressed:
            assert camera.client.set_parameters(image_transport='compressed').successful
        message = camera.depth_of(encoding)
        assert message.header.frame_id == f'{PRESETS_READ[preset].name} left'
        assert message.f == FOCAL_LENGTH
        assert message.t == pytest.approx(BASELINE)
        assert (message.image.height, message.image.width) == (HEIGHT, WIDTH)
    is_raw = any(camera.publishes['distortion'])
    state = camera.client.fresh_status()['rectification']  # older ones lack the calibration
    assert ('by camera_info' in state) == is_raw


def test_two_cameras_of_one_kind_side_by_side(start_depth, connect, image):
    cameras = {
        name: Camera(start_depth, connect, image, 'realsense', name) for name in ('front', 'rear')
    }
    for name, camera in cameras.items():
        assert camera.depth_of('mono8').header.frame_id == f'{name} left'
