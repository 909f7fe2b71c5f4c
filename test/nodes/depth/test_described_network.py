# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Networks of other kinds in the depth node, over DDS."""

import shutil

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402
from sensor_msgs.msg import CameraInfo, Image  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from crestereo_ros.nodes.calibration_messages import to_message  # noqa: E402

MODULE = 'crestereo_ros.nodes.depth.stereo_depth_node'


@pytest.fixture
def described(make_network, tmp_path):
    """Write a network with a description beside it."""
    path = tmp_path / 'mine.onnx'
    shutil.copy(make_network(outputs={'far': 'negative', 'sure': 'sureness'}), path)
    path.with_suffix('.yaml').write_text(
        'name: Mine\n'
        'licence: MIT\n'
        'inputs: {left: left, right: right}\n'
        'outputs: {disparity: far, sign: negative, confidence: sure}\n'
    )
    return path


def test_a_file_with_a_description_gives_disparity_and_confidence(
    start_depth, connect, red_pair, described
):
    left, right, truth = red_pair
    client = connect(start_depth(model=str(described), iterations=0)).listen()
    confidences = []
    client.subscribe(Image, 'confidence', confidences)
    client.warm_up(left, right)
    message = client.disparity_of(left, right)
    client.spin_until(lambda: confidences)

    disparity = np.frombuffer(message.image.data, np.float32).reshape(truth.shape)
    known = np.isfinite(disparity) & np.isfinite(truth)
    assert known[:, 12:].mean() > 0.8
    assert np.median(np.abs(disparity - truth)[known]) < 0.3
    confidence = np.frombuffer(confidences[-1][1].data, np.float32).reshape(truth.shape)
    assert confidence[40:56, 30:90].mean() > 0.8
    assert client.fresh_status()['network'] == 'Mine (MIT)'


def test_a_broken_network_is_an_error(start_depth, connect, red_pair, make_network, tmp_path):
    left, right, _ = red_pair
    path = tmp_path / 'lite.onnx'
    shutil.copy(make_network('lite_any_stereo', outputs={'disparity': 'nan'}), path)
    node = start_depth(model=str(path), iterations=0)

    client = connect(node).listen()

    node.wait_for('broken on cpu')

    def attempt():
        client.publish_pair(left, right)
        client.spin_for(0.2)
        return 'nothing in its output is a number' in client.status.get('message', '')

    client.spin_until(attempt)
    assert client.status['level'] == DiagnosticStatus.ERROR


@pytest.mark.parametrize('offset', [-40.0, 40.0])
def test_different_principal_points(start_node, connect, make_network, make_verged_pair, offset):
    """All other parameters have their defaults."""
    model = make_network('lite_any_stereo', size=('h', 'w'))
    left, right, calibration, truth = make_verged_pair(offset)
    cameras = {'left': calibration.left, 'right': calibration.right}
    client = connect(start_node(MODULE, model=model)).listen()
    depths = []
    client.subscribe(Image, 'depth/image_rect', depths)
    client.warm_up(left, right)

    def attempt():
        for side, camera in cameras.items():
            client.publisher(CameraInfo, f'{side}/camera_info').publish(
                to_message(camera, Header())
            )
        client.publish_pair(left, right)
        client.spin_for(0.2)
        return depths

    client.spin_until(attempt)
    depth = np.frombuffer(depths[-1][1].data, np.float32).reshape(truth.shape)
    known = np.isfinite(depth)
    assert known.mean() > 0.5
    assert np.percentile(np.abs(20 / depth - 20 / truth)[known], 90) < 0.5  # pixels


def test_a_limit_and_both_directions(start_node, connect, make_network, make_verged_pair):
    left, right, _, _ = make_verged_pair()
    settings = {'max_latency_ms': 1.0, 'left_right_check': True, 'resolution': 'image'}
    model = make_network('lite_any_stereo', size=('h', 'w'))
    client = connect(start_node(MODULE, model=model, **settings)).listen()
    client.warm_up(left, right)

    def attempt():
        disparity = client.disparity_of(left, right)
        return 'max_latency_ms 1 cannot be met' in client.status.get('message', '') and disparity

    message = client.spin_until(attempt)
    status = client.fresh_status()
    assert status['network'] == 'LiteAnyStereo (MIT)'
    assert status['iterations'] == '0'
    height, width = map(int, status['resolution'].split('x'))
    assert height < 120 and width < 240
    disparity = np.frombuffer(message.image.data, np.float32).reshape(120, 240)
    known = disparity > message.min_disparity
    assert known.mean() > 0.3
    assert np.median(np.abs(disparity[8:52] - 4)[known[8:52]]) < 1
    assert np.median(np.abs(disparity[68:112] - 9)[known[68:112]]) < 1
