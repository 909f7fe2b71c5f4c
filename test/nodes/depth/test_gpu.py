# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The depth node on an NVIDIA GPU, over DDS; `make test-gpu` runs this."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.matching import ProviderError, StereoMatcher  # noqa: E402

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize('provider', ['auto', 'cuda'])
def test_the_node_runs_on_the_gpu(start_depth, connect, pair, provider, tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    client = connect(start_depth(provider=provider, model='')).listen()
    client.warm_up(*pair)
    message = client.disparity_of(*pair)
    status = client.fresh_status()

    assert status['provider'] == 'cuda'
    assert difference(message, StereoMatcher(provider='cpu'), pair) < 0.5


def test_the_node_switches_to_tensorrt(
    start_depth, connect, pair, model_file, tmp_path, monkeypatch
):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    try:
        StereoMatcher(provider='tensorrt')
    except ProviderError as error:
        pytest.skip(str(error))
    node = start_depth(provider='tensorrt', precision='fp32')
    client = connect(node).listen()
    client.warm_up(*pair)
    assert client.fresh_status()['provider'] == 'cuda'
    while client.fresh_status()['provider'] == 'cuda':
        client.disparity_of(*pair)

    assert client.fresh_status()['provider'] == 'tensorrt'
    node.wait_for('TensorRT builds an engine for 96x128')
    message = client.disparity_of(*pair)
    assert difference(message, StereoMatcher(str(model_file), 'cpu'), pair) < 0.5


def difference(message, matcher, pair):
    """Return how much the disparities of a message and of a matcher differ."""
    height, width = pair[0].shape[:2]
    found = np.frombuffer(message.image.data, np.float32).reshape(height, width)
    expected = matcher.match(*pair, 1, 'fast').disparity
    return np.quantile(np.abs(found - expected), 0.9)
