# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A limit for the age of results, over DDS."""

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402


def test_reduces_the_work_until_results_are_in_time(client, pair):
    asked = {'iterations': 32, 'resolution': '480x640'}
    assert client.set_parameters(**asked).successful
    client.disparity_of(*pair)
    status = client.fresh_status()
    assert 'adapted' not in status
    latency = float(status['age of result (ms)']) / 3
    assert client.set_parameters(max_latency_ms=latency).successful
    for _ in range(10):
        client.disparity_of(*pair)
    status = client.fresh_status()
    iterations, resolution = status['iterations'], status['resolution']
    assert status['adapted'] == (
        f'from 480x640 with 32 iterations to {resolution} with {iterations} iterations'
    )
    assert int(iterations) < 32

    assert client.set_parameters(max_latency_ms=0.0).successful
    client.disparity_of(*pair)
    status = client.fresh_status()
    assert (status['iterations'], status['resolution']) == ('32', '480x640')


def test_warns_of_a_limit_that_cannot_be_met(client, pair):
    limit = {'iterations': 2, 'resolution': '96x128', 'max_latency_ms': 0.01}
    assert client.set_parameters(**limit).successful
    client.disparity_of(*pair)
    status = client.fresh_status()
    assert status['level'] == DiagnosticStatus.WARN
    expected = 'max_latency_ms 0.01 cannot be met: 96x128 with 2 iterations takes longer'
    assert status['message'].startswith(expected)
    assert client.set_parameters(max_latency_ms=0.0).successful


def test_warns_of_a_model_that_cannot_do_less(start_depth, connect, fixed_model_file, pair):
    client = connect(start_depth(model=fixed_model_file, iterations=0, max_latency_ms=0.01))
    client.listen().warm_up(*pair)
    status = client.fresh_status()
    assert status['level'] == DiagnosticStatus.WARN
    assert '64x96 with 2 iterations takes longer' in status['message']
    assert status['adapted'] == 'no'
