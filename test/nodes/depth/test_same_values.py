# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A pair has the same values from Python, from the command and from the node over DDS."""

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from sensor_msgs.msg import CameraInfo, Image  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from crestereo_ros import (  # noqa: E402
    DepthPipeline,
    DepthSettings,
    read_calibration,
    RectifiedPair,
    StereoCalibration,
    StereoMatcher,
    StereoRectifier,
)
from crestereo_ros.commands.main import run  # noqa: E402
from crestereo_ros.nodes.calibration_messages import to_message  # noqa: E402

DATA = Path(__file__).parents[3] / 'demo/data'
PAIR = DATA / 'left.png', DATA / 'right.png'
CALIBRATION = DATA / 'left.yaml', DATA / 'right.yaml'
MODEL = 'crestereo_fast'  # the node's default; the command has another
RESOLUTION = '120x160'  # quick
VALUES = {
    'resolution': RESOLUTION,
    'iterations': 2,
    'left_right_check': True,
    'confidence_threshold': 0.3,
    'max_depth': 8.0,
}


@pytest.fixture(scope='module')
def from_python():
    """Return disparity, depth and confidence."""
    left, right = (cv2.imread(str(path)) for path in PAIR)
    calibration = StereoCalibration(*(read_calibration(path) for path in CALIBRATION))
    images = StereoRectifier().rectify(left, right, calibration)
    matcher = StereoMatcher(MODEL, provider='cpu', threads=1)
    result = DepthPipeline(matcher, DepthSettings.of(VALUES)).process(
        RectifiedPair(images.left, images.right, calibration, images.seen, images.seen_right)
    )
    assert 0.3 < result.known.mean() < 0.99
    return result.disparity, result.depth, result.confidence


def test_the_command_gives_the_values_of_python(from_python, tmp_path):
    names = 'disparity', 'depth', 'confidence'
    files = {name: tmp_path / f'{name}.npy' for name in names}
    code = run(
        [
            *('depth', *map(str, PAIR), '--calibration', *map(str, CALIBRATION)),
            *('--model', MODEL, '--provider', 'cpu', '--threads', '1'),
            *('--resolution', RESOLUTION),
            *('--iterations', '2', '--left-right-check', '--confidence-threshold', '0.3'),
            *('--max-depth', '8', '--known-only'),
            *(text for name, path in files.items() for text in (f'--{name}', str(path))),
        ]
    )
    assert code == 0
    for name, expected in zip(names, from_python, strict=True):
        np.testing.assert_array_equal(np.load(files[name]), expected, name)


def test_the_node_gives_the_values_of_python(from_python, start_node, connect):
    masks = dict.fromkeys(
        ('mask_out_of_view', 'mask_occluded', 'mask_flying_pixels', 'mask_textureless'), True
    )
    node = start_node(
        'crestereo_ros.nodes.depth.stereo_depth_node', provider='cpu', threads=1, **VALUES, **masks
    )
    client = connect(node).listen()
    received = {'depth/image_rect': [], 'confidence': []}
    for topic, messages in received.items():
        client.subscribe(Image, topic, messages)
    left, right = (cv2.imread(str(path)) for path in PAIR)
    cameras = {
        side: read_calibration(path)
        for side, path in zip(('left', 'right'), CALIBRATION, strict=True)
    }

    def attempt():
        for side, camera in cameras.items():
            client.publisher(CameraInfo, f'{side}/camera_info').publish(
                to_message(camera, Header())
            )
        return client.results_of(left, right, *received.values())

    client.warm_up(left, right)
    disparity, depth, confidence = client.spin_until(attempt)
    arrays = [
        np.frombuffer(message.data, np.float32).reshape(left.shape[:2])
        for message in (disparity.image, depth, confidence)
    ]
    expected_disparity, *others = from_python
    # Where the depth is unknown, the message has a disparity below its range.
    known = np.isfinite(others[0])
    np.testing.assert_array_equal(arrays[0][known], expected_disparity[known])
    assert (arrays[0][~known] < disparity.min_disparity).all()
    for found, expected in zip(arrays[1:], others, strict=True):
        np.testing.assert_array_equal(found, expected)
