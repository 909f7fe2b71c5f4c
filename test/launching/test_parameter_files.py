# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which parameters in a file hold for a node: those that rcl gives it."""

from pathlib import Path

import pytest

from crestereo_ros.launching.arguments import LaunchArgumentError
from crestereo_ros.launching.parameter_files import parameters_in

CASES = [
    ('/**: {ros__parameters: {threads: 2}}', True),
    ('stereo_depth: {ros__parameters: {threads: 2}}', False),  # one without a namespace
    ('/robot/front/stereo_depth: {ros__parameters: {threads: 2}}', True),
    ('/robot/rear/stereo_depth: {ros__parameters: {threads: 2}}', False),
    ('robot: {front: {stereo_depth: {ros__parameters: {threads: 2}}}}', True),
    ('/**/stereo_depth: {ros__parameters: {threads: 2}}', True),
    ('/*/*/stereo_depth: {ros__parameters: {threads: 2}}', True),
    ('/*/stereo_depth: {ros__parameters: {threads: 2}}', False),
    ('/**/stereo_player: {ros__parameters: {threads: 2}}', False),
]
NAMESPACE, NAME = '/robot/front', 'stereo_depth'


@pytest.mark.parametrize(('text', 'holds'), CASES)
def test_the_node_decides(text, holds, tmp_path):
    path = tmp_path / 'params.yaml'
    path.write_text(text)
    found = parameters_in('params_file', path, f'{NAMESPACE}/{NAME}')
    assert found == ({'threads': 2} if holds else {})


@pytest.mark.parametrize(('text', 'holds'), CASES)
def test_rcl_decides_the_same(text, holds, tmp_path):
    rclpy = pytest.importorskip('rclpy', reason='needs ROS 2')
    path = tmp_path / 'params.yaml'
    path.write_text(text)
    context = rclpy.Context()
    rclpy.init(args=['--ros-args', '--params-file', str(path)], context=context)
    node = rclpy.create_node(NAME, namespace=NAMESPACE, context=context)
    assert node.declare_parameter('threads', 0).value == (2 if holds else 0)
    node.destroy_node()
    context.shutdown()


def test_later_entries_win(tmp_path):
    path = tmp_path / 'params.yaml'
    path.write_text('/**: {ros__parameters: {a: 1, b: 1}}\n/x: {ros__parameters: {b: 2}}')
    assert parameters_in('params_file', path, '/x') == {'a': 1, 'b': 2}


@pytest.mark.parametrize('text', ['', '[1, 2]', 'a: 3', '/**: {ros__parameters: 4}'])
def test_files_without_parameters_have_none(text, tmp_path):
    path = tmp_path / 'params.yaml'
    path.write_text(text)
    assert parameters_in('params_file', path, '/x') == {}


def test_a_file_that_cannot_be_read_is_named():
    path = Path(__file__).parents[2] / 'demo/data/left.png'
    with pytest.raises(LaunchArgumentError, match=f'^params_file {path} cannot be read: '):
        parameters_in('params_file', path, '/x')
