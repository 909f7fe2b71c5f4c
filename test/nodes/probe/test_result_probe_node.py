# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The player, the depth node and the probe over DDS, and the node with advised settings."""

import os
from pathlib import Path

import pytest

from crestereo_ros.benchmarking.end_to_end import end_to_end
from crestereo_ros.benchmarking.errors import BenchmarkError
from crestereo_ros.benchmarking.grid import Setting
from crestereo_ros.benchmarking.params_file import write_params

DATA = Path(__file__).parents[3] / 'demo/data'
PAIR = [str(DATA / f'{side}.png') for side in ('left', 'right')]


def test_measures_the_nodes_beside_the_plain_loop(ros_domain, model_file):
    setting = Setting(str(model_file), 1, '32x48', 'cpu', 1)
    loop, nodes = end_to_end(PAIR, [(64, 96)], setting, rate=5.0, seconds=2.0)

    assert (loop.path, nodes.path) == ('plain loop', 'nodes')
    for figures in loop, nodes:
        assert (figures.height, figures.width) == (64, 96)
        assert 0 < figures.inference_ms < figures.latency_ms <= figures.latency_95_ms
        assert 0 < figures.not_inference < 100
        assert figures.cpu_percent > 0 and figures.memory_mb > 10
    assert (loop.delivery_ms, loop.message_kb) == (None, None)
    assert 0 < nodes.delivery_ms < nodes.latency_ms
    assert nodes.message_kb == 64 * 96 * 3 / 1e3
    # 5 Hz, but a loaded machine may stall, and then catch up within the two seconds.
    assert all(0 < x < 25 for x in (nodes.out_hz, nodes.in_hz, nodes.published_hz))
    assert int(os.environ['ROS_DOMAIN_ID']) == ros_domain


def test_any_result_can_be_measured_and_no_other_topic(ros_domain, model_file):
    setting = Setting(str(model_file), 1, '32x48', 'cpu', 1)
    arguments = {'rate': 5.0, 'seconds': 1.0}
    _, nodes = end_to_end(PAIR, [(64, 96)], setting, **arguments, topic='points2')
    assert nodes.message_kb == 64 * 96 * 32 / 1e3
    with pytest.raises(BenchmarkError, match="there is no result 'nonsense', only disparity, "):
        list(end_to_end(PAIR, [(64, 96)], setting, **arguments, topic='nonsense'))


def test_says_why_a_node_ended(ros_domain, model_file, tmp_path):
    setting = Setting(str(tmp_path / 'missing.onnx'), 1, '32x48', 'cpu', 1)
    with pytest.raises(BenchmarkError, match=r'plain_loop ended: model file .* does not exist'):
        next(end_to_end(PAIR, [(64, 96)], setting, rate=5.0, seconds=1.0))


def test_the_depth_node_takes_the_written_parameters(start_node, connect, tmp_path, model_file):
    path = tmp_path / 'params.yaml'
    write_params(path, Setting(str(model_file), 3, '32x48', 'cpu', 1), 'a comment')
    node = start_node('crestereo_ros.nodes.depth.stereo_depth_node', '--params-file', str(path))
    names = 'model', 'iterations', 'resolution', 'provider', 'threads'
    assert connect(node).get_parameters(*names) == (str(model_file), 3, '32x48', 'cpu', 1)
