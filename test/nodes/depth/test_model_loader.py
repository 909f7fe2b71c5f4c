# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Models and network settings that change while the node runs, over DDS."""

import itertools
import os
import sys

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.matching import StereoMatcher  # noqa: E402
from crestereo_ros.nodes.depth.model_loader import ModelLoader  # noqa: E402

HEIGHT, WIDTH = 96, 128


def test_parameters_change_while_running(client, pair):
    assert client.set_parameters(iterations=3, resolution='64x96').successful
    client.disparity_of(*pair)
    status = client.fresh_status()
    assert (status['iterations'], status['resolution']) == ('3', '64x96')
    assert client.set_parameters(iterations=1, resolution='').successful
    message = client.disparity_of(*pair)
    assert (message.image.height, message.image.width) == (HEIGHT, WIDTH)
    status = client.fresh_status()
    assert (status['iterations'], status['resolution']) == ('1', f'{HEIGHT}x{WIDTH}')


@pytest.mark.parametrize(
    ('name', 'value', 'reason'),
    [
        ('iterations', 33, 'iterations out of range'),
        ('iterations', -1, 'iterations out of range'),
        ('iterations', '5', 'parameter type'),
        ('model', 'nosuch', "no model 'nosuch'"),
        ('model', '/no/such/model.onnx', '/no/such/model.onnx'),
        ('model', '/tmp/', 'model /tmp is a directory: name an .onnx file'),
        ('resolution', '640,480', 'HEIGHTxWIDTH'),
        ('resolution', '0x640', 'resolution "0x640"'),
        ('resolution', '480x99999', 'resolution "480x99999"'),
        ('provider', 'gpu', 'only auto, cpu, cuda'),
        (
            'provider',
            'openvino',
            'Install onnxruntime-ep-openvino, or onnxruntime-openvino in place',
        ),
        ('sync_tolerance', -0.1, 'sync_tolerance out of range'),
        ('sync_tolerance', 2, 'sync_tolerance must be 0 to 1, not 2'),
        ('sync_tolerance', float('nan'), 'sync_tolerance out of range'),
        ('sync_tolerance', 'long', "sync_tolerance must be a number, not 'long'"),
        ('sync_tolerance', True, 'sync_tolerance must be a number'),
        ('queue_size', 0, 'queue_size out of range'),
    ],
)
def test_a_wrong_parameter_is_rejected_with_a_reason(client, name, value, reason, pair):
    from crestereo_ros.matching import available_providers

    if value in available_providers():
        pytest.skip(f'{value} is available here')
    (before,) = client.get_parameters(name)
    result = client.set_parameters(**{name: value})
    assert not result.successful
    assert reason in result.reason
    assert client.get_parameters(name) == (before,)
    client.disparity_of(*pair)


def test_one_wrong_parameter_refuses_all_that_are_set_with_it(client):
    assert not client.set_parameters(iterations=2, resolution='wide').successful
    assert client.get_parameters('iterations') == (1,)


def test_another_model_is_loaded_while_the_old_one_works(client, fixed_model_file, pair):
    (before,) = client.get_parameters('model')
    assert client.set_parameters(model=str(fixed_model_file), iterations=0).successful
    while client.fresh_status()['model'] != str(fixed_model_file):
        client.disparity_of(*pair)
    message = client.disparity_of(*pair)
    assert (message.image.height, message.image.width) == (HEIGHT, WIDTH)
    status = client.fresh_status()
    assert (status['resolution'], status['iterations']) == ('64x96', '2')
    for name, value in (('iterations', 5), ('resolution', '96x128')):
        result = client.set_parameters(**{name: value})
        assert not result.successful
        assert name in result.reason and str(fixed_model_file) in result.reason
    assert client.set_parameters(model=before, iterations=1).successful
    client.spin_until(lambda: client.fresh_status()['model'] == before)


def test_the_old_model_stays_if_the_new_one_cannot_do_the_iterations(
    node, client, fixed_model_file, pair
):
    before = client.get_parameters('model', 'iterations', 'resolution')
    path = str(fixed_model_file)
    assert client.set_parameters(model=path, iterations=7, resolution='48x64').successful
    node.wait_for(f'model {path} on cpu cannot be used; continuing with')
    client.spin_until(lambda: client.get_parameters('model', 'iterations', 'resolution') == before)
    client.disparity_of(*pair)
    assert client.fresh_status()['model'] == before[0]


def test_the_old_model_stays_if_the_new_one_cannot_be_loaded(node, client, tmp_path, pair):
    broken = tmp_path / 'broken.onnx'
    broken.write_bytes(b'no network')
    before = client.get_parameters('model', 'iterations')
    assert client.set_parameters(model=str(broken), iterations=2).successful
    client.spin_until(lambda: client.get_parameters('model', 'iterations') == before)
    line = node.wait_for(f'{broken} on cpu cannot be used; continuing with')
    assert '[ERROR]' in line
    client.disparity_of(*pair)


def test_a_model_file_that_is_overwritten_changes_nothing(
    node, client, model_file, tmp_path, pair
):
    before = client.get_parameters('model', 'threads')
    copy = tmp_path / 'copy.onnx'
    copy.write_bytes(model_file.read_bytes())
    assert client.set_parameters(model=str(copy)).successful
    client.spin_until(lambda: client.fresh_status()['model'] == str(copy))
    expected = client.disparity_of(*pair).image.data
    copy.write_bytes(np.random.default_rng(1).bytes(copy.stat().st_size))
    assert client.disparity_of(*pair).image.data == expected
    assert client.set_parameters(threads=2).successful  # opens the file again
    node.wait_for(f'model {copy} on cpu cannot be used; continuing with model {copy}')
    assert client.get_parameters('model', 'threads') == (str(copy), before[1])
    copy.unlink()
    assert client.disparity_of(*pair).image.data == expected
    assert client.set_parameters(model=before[0]).successful
    client.spin_until(lambda: client.fresh_status()['model'] == before[0])


def test_an_integer_is_accepted_for_a_double(client, pair):
    assert client.set_parameters(sync_tolerance=1).successful
    client.disparities.clear()
    while not client.disparities:
        stamp = client.new_stamp()
        client.publish('left', pair[0], stamp)
        client.publish('right', pair[1], stamp + 10_000_000)
        client.spin_for(0.2)
    assert client.set_parameters(sync_tolerance=0).successful


def test_the_last_of_many_parameter_changes_is_used(client, pair):
    for number in range(200):
        assert client.set_parameters(iterations=number % 4 + 1, sync_tolerance=0.0).successful
        if number % 20 == 0:
            client.disparity_of(*pair)
    assert client.get_parameters('iterations') == (4,)
    client.disparity_of(*pair)
    assert client.fresh_status()['iterations'] == '4'
    assert client.set_parameters(iterations=1).successful


def test_the_last_of_many_models_is_used(client, fixed_model_file, pair):
    before = client.get_parameters('model', 'iterations')
    for number in range(21):
        model = (before[0], str(fixed_model_file))[number % 2]
        assert client.set_parameters(model=model, iterations=2).successful
    client.disparity_of(*pair)
    client.spin_until(lambda: client.fresh_status()['iterations'] == '2')
    assert client.status['model'] == before[0] == client.get_parameters('model')[0]
    assert client.set_parameters(iterations=before[1]).successful


def test_a_model_has_run_before_it_is_used(node, client, model_file, tmp_path, pair):
    # With so many iterations, matching the blank pair takes longer than a result of the old model.
    other = tmp_path / 'other.onnx'
    other.write_bytes(model_file.read_bytes())
    before = client.get_parameters('model', 'iterations', 'resolution')
    result = client.set_parameters(model=str(other), iterations=32, resolution='480x640')
    assert result.successful
    client.disparity_of(*pair)  # by the old one
    assert node.count(f'Model {other} runs on cpu') == 0
    node.wait_for(f'Model {other} runs on cpu')
    names = ('model', 'iterations', 'resolution')
    assert client.set_parameters(**dict(zip(names, before, strict=True))).successful
    client.spin_until(lambda: client.fresh_status()['model'] == before[0])


def test_a_change_that_another_callback_refuses_changes_nothing(
    start_depth, connect, pair, tmp_path, monkeypatch
):
    # Callbacks run from the newest to the oldest, so one added before the node's runs last.
    (tmp_path / 'refusing.py').write_text(
        'from rcl_interfaces.msg import SetParametersResult\n'
        'from crestereo_ros.nodes.depth.stereo_depth_node import StereoDepthNode\n'
        'from crestereo_ros.nodes.running import run\n'
        'class Refusing(StereoDepthNode):\n'
        '    def declare_parameters(self, *arguments):\n'
        '        self.add_on_set_parameters_callback(self.refuse)\n'
        '        return super().declare_parameters(*arguments)\n'
        '    def refuse(self, parameters):\n'
        '        return SetParametersResult(successful=7 not in [p.value for p in parameters])\n'
        'def main():\n'
        '    return run(Refusing, StereoDepthNode.close)\n'
    )
    monkeypatch.setenv('PYTHONPATH', str(tmp_path), prepend=os.pathsep)
    node = start_depth(module='refusing')
    client = connect(node).listen()
    client.warm_up(*pair)
    assert not client.set_parameters(iterations=7).successful
    client.disparity_of(*pair)
    assert client.fresh_status()['iterations'] == '1'
    assert client.set_parameters(iterations=2).successful
    client.disparity_of(*pair)
    assert client.fresh_status()['iterations'] == '2'


@pytest.mark.parametrize('line', range(6))
def test_a_warm_up_that_ends_at_any_moment_does_not_break_close(make_node, model_file, line):
    loader = ModelLoader(make_node('depth'), lambda: None, print)
    loader._warming = StereoMatcher(str(model_file), provider='cpu', threads=1)
    lines = itertools.count()

    def clear(frame, event, _):
        """Do before one line of `close` what the other thread does when it finishes."""
        if frame.f_code is not ModelLoader.close.__code__:
            return None
        if event == 'line' and next(lines) == line:
            loader._warming = None
        return clear

    tracer = sys.gettrace()
    sys.settrace(clear)
    try:
        loader.close(0.0)
    finally:
        sys.settrace(tracer)
    assert not loader._worker.snapshot().busy
