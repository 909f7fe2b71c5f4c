# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The depth node on an NVIDIA GPU, over DDS; `make test-gpu` runs this."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.matching import StereoMatcher  # noqa: E402

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize('provider', ['auto', 'cuda'])
def test_the_node_runs_on_the_gpu(start_depth, connect, pair, provider, tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    client = connect(start_depth(provider=provider, model='')).listen()
    client.warm_up(*pair)
    message = client.disparity_of(*pair)
    status = client.fresh_status()

    assert status['provider'] == 'cuda'
    height, width = pair[0].shape[:2]
    found = np.frombuffer(message.image.data, np.float32).reshape(height, width)
    expected = StereoMatcher(provider='cpu').match(*pair, 1, 'fast').disparity
    assert np.quantile(np.abs(found - expected), 0.9) < 0.5
