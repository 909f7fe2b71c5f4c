# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Networks of other kinds in the depth node, over DDS."""

import shutil

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402


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
    client.publish_pair(left, right)
    client.spin_until(lambda: client.status.get('level') == DiagnosticStatus.ERROR)
    assert 'nothing in its output is a number' in client.status['message']
