# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The depth node on OpenVINO, over DDS; `make test-openvino` runs this."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.matching import StereoMatcher  # noqa: E402

pytestmark = pytest.mark.openvino


def test_the_node_switches_to_openvino(
    start_depth, connect, pair, model_file, tmp_path, monkeypatch
):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    node = start_depth(provider='openvino')
    client = connect(node).listen()
    client.warm_up(*pair)
    assert client.fresh_status()['provider'] == 'cpu'
    while client.fresh_status()['provider'] == 'cpu':
        message = client.disparity_of(*pair)

    assert client.fresh_status()['provider'] == 'openvino'
    node.wait_for('runs on openvino at 96x128 with 1 iterations from now on')
    message = client.disparity_of(*pair)
    height, width = pair[0].shape[:2]
    found = np.frombuffer(message.image.data, np.float32).reshape(height, width)
    expected = StereoMatcher(str(model_file), 'cpu').match(*pair, 1, 'fast').disparity
    np.testing.assert_allclose(found, expected, atol=1e-2)
