# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The depth node as a process of its own, over DDS: pairs in, disparities out."""

from itertools import pairwise
import os
import signal
import time

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402
from rclpy.qos import qos_profile_sensor_data  # noqa: E402
from sensor_msgs.msg import CameraInfo, Image  # noqa: E402

from crestereo_ros.nodes.image_messages import to_array  # noqa: E402

MODULE = 'crestereo_ros.nodes.depth.stereo_depth_node'
HEIGHT, WIDTH = 96, 128
QUICK = {'provider': 'cpu', 'threads': 1, 'iterations': 1}


def image(seed=0, height=HEIGHT, width=WIDTH):
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)


LEFT, RIGHT = image(1), image(2)


def stamp_of(message) -> int:
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


@pytest.fixture(scope='module')
def node(start_node, model_file):
    """Start the node that most of the tests here talk to, one after the other."""
    return start_node(MODULE, model=model_file, **QUICK)


@pytest.fixture(scope='module')
def client(node, connect):
    client = connect(node).listen()
    client.warm_up(LEFT, RIGHT)
    return client


def test_every_pair_gives_a_disparity_with_its_stamp(client):
    client.disparities.clear()
    client.colors.clear()
    stamps = [stamp_of(client.disparity_of(LEFT, image(seed))) for seed in range(8)]
    client.spin_until(lambda: len(client.colors) == len(stamps))
    for received in (client.disparities, client.colors):
        assert [stamp_of(message) for _, message in received] == stamps


def test_what_a_disparity_says(client):
    message = client.disparity_of(LEFT, RIGHT)
    assert message.header == message.image.header
    assert message.header.frame_id == 'left_camera'
    assert (message.image.height, message.image.width) == (HEIGHT, WIDTH)
    assert message.image.encoding == '32FC1'
    disparity = np.frombuffer(message.image.data, np.float32)
    assert disparity.size == HEIGHT * WIDTH and np.isfinite(disparity).all()
    assert message.min_disparity <= disparity.min() < disparity.max() <= message.max_disparity
    assert (message.valid_window.height, message.valid_window.width) == (HEIGHT, WIDTH)


def test_the_same_disparity_as_without_ros(client, model_file):
    from crestereo_ros.matching import StereoMatcher

    message = client.disparity_of(LEFT, RIGHT)
    disparity = np.frombuffer(message.image.data, np.float32).reshape(HEIGHT, WIDTH)
    matcher = StereoMatcher(str(model_file), provider='cpu', threads=1)
    expected = matcher.match(LEFT, RIGHT, iterations=1).disparity
    np.testing.assert_allclose(disparity, expected, rtol=1e-4)


def test_colours(client):
    client.colors.clear()
    client.disparity_of(LEFT, RIGHT)
    _, message = client.spin_until(lambda: client.colors and client.colors[0])
    assert message.encoding == 'bgr8'
    picture = to_array(message)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 10


def test_grey_images(client):
    message = client.disparity_of(LEFT[..., 0], RIGHT[..., 0])
    assert (message.image.height, message.image.width) == (HEIGHT, WIDTH)


def test_geometry_from_camera_info(node, client):
    assert (client.disparity_of(LEFT, RIGHT).f, client.disparities[-1][1].t) == (0.0, 0.0)
    line = node.wait_for('without depth')
    assert 'no left/camera_info arrived' in line

    infos = {'left': (70.0, 0.0), 'right': (64.0, -0.1 * 200.0)}
    for side, (cx, tx) in infos.items():
        info = CameraInfo(width=2 * WIDTH, height=2 * HEIGHT)  # calibrated at twice the size
        info.k = [200.0, 0.0, cx, 0.0, 200.0, 48.0, 0.0, 0.0, 1.0]
        info.p = [200.0, 0.0, cx, tx, 0.0, 200.0, 48.0, 0.0, 0.0, 0.0, 1.0, 0.0]
        client.publisher(CameraInfo, f'{side}/camera_info').publish(info)
    plain = np.frombuffer(client.disparities[-1][1].image.data, np.float32)
    message = client.spin_until(
        lambda: next((m for m in [client.disparity_of(LEFT, RIGHT)] if m.f), None)
    )
    assert message.f == pytest.approx(100.0)
    assert message.t == pytest.approx(0.1)
    moved = np.frombuffer(message.image.data, np.float32)
    np.testing.assert_allclose(moved, plain - 3.0, atol=1e-3)
    assert node.count('without depth') == 1


def test_diagnostics_account_for_every_pair(client):
    client.disparity_of(LEFT, RIGHT)
    status = client.fresh_status()
    assert status['level'] == DiagnosticStatus.OK
    dropped = sum(int(n) for key, n in status.items() if key.startswith('pairs dropped'))
    assert int(status['pairs received']) == int(status['pairs processed']) + dropped
    assert status['provider'] == 'cpu'
    assert status['iterations'] == '1'
    assert status['resolution'] == f'{HEIGHT}x{WIDTH}'
    assert float(status['age of result (ms)']) >= float(status['inference (ms)']) > 0


def test_parameters_change_while_running(client):
    assert client.set_parameters(iterations=3, resolution='64x96').successful
    client.disparity_of(LEFT, RIGHT)
    status = client.fresh_status()
    assert (status['iterations'], status['resolution']) == ('3', '64x96')
    assert client.set_parameters(iterations=1, resolution='').successful
    message = client.disparity_of(LEFT, RIGHT)
    assert (message.image.height, message.image.width) == (HEIGHT, WIDTH)
    status = client.fresh_status()
    assert (status['iterations'], status['resolution']) == ('1', f'{HEIGHT}x{WIDTH}')


@pytest.mark.parametrize(
    ('name', 'value', 'reason'),
    [
        ('iterations', 33, 'iterations out of range'),
        ('iterations', -1, 'iterations out of range'),
        ('iterations', '5', 'parameter type'),
        ('resolution', '640,480', 'HEIGHTxWIDTH'),
        ('resolution', '0x640', 'resolution "0x640"'),
        ('resolution', '480x99999', 'resolution "480x99999"'),
        ('provider', 'gpu', 'only auto, cpu, cuda'),
        ('provider', 'openvino', 'Install onnxruntime-openvino in place of onnxruntime'),
        ('sync_tolerance', -0.1, 'sync_tolerance out of range'),
        ('queue_size', 0, 'queue_size out of range'),
    ],
)
def test_a_wrong_parameter_is_rejected_with_a_reason(client, name, value, reason):
    from crestereo_ros.matching import available_providers

    if value in available_providers():
        pytest.skip(f'{value} can be had here')
    (before,) = client.get_parameters(name)
    result = client.set_parameters(**{name: value})
    assert not result.successful
    assert reason in result.reason
    assert client.get_parameters(name) == (before,)
    client.disparity_of(LEFT, RIGHT)


def test_one_wrong_parameter_refuses_those_set_with_it(client):
    assert not client.set_parameters(iterations=2, resolution='wide').successful
    assert client.get_parameters('iterations') == (1,)


def test_another_model_is_loaded_while_the_old_one_works(client, fixed_model_file):
    (before,) = client.get_parameters('model')
    assert client.set_parameters(model=str(fixed_model_file), iterations=0).successful
    while client.fresh_status()['model'] != str(fixed_model_file):
        client.disparity_of(LEFT, RIGHT)
    message = client.disparity_of(LEFT, RIGHT)
    assert (message.image.height, message.image.width) == (HEIGHT, WIDTH)
    status = client.fresh_status()
    assert (status['resolution'], status['iterations']) == ('64x96', '2')
    for name, value in (('iterations', 5), ('resolution', '96x128')):
        result = client.set_parameters(**{name: value})
        assert not result.successful
        assert name in result.reason and str(fixed_model_file) in result.reason
    assert client.set_parameters(model=before, iterations=1).successful
    client.spin_until(lambda: client.fresh_status()['model'] == before)


def test_a_model_that_cannot_do_the_iterations_leaves_the_old_one(node, client, fixed_model_file):
    before = client.get_parameters('model', 'iterations', 'resolution')
    path = str(fixed_model_file)
    assert client.set_parameters(model=path, iterations=7, resolution='48x64').successful
    node.wait_for(f'model {path} on cpu cannot be used, going on with')
    client.spin_until(lambda: client.get_parameters('model', 'iterations', 'resolution') == before)
    client.disparity_of(LEFT, RIGHT)
    assert client.fresh_status()['model'] == before[0]


def test_a_model_that_cannot_be_loaded_leaves_the_old_one(node, client, tmp_path):
    missing = str(tmp_path / 'missing.onnx')
    broken = tmp_path / 'broken.onnx'
    broken.write_bytes(b'no network')
    before = client.get_parameters('model', 'iterations')
    for path in (missing, str(broken)):
        result = client.set_parameters(model=path, iterations=2)
        if result.successful:  # found out later, by loading it
            client.spin_until(lambda: client.get_parameters('model', 'iterations') == before)
            line = node.wait_for(f'{path} on cpu cannot be used, going on with')
            assert '[ERROR]' in line
        else:
            assert path in result.reason
        assert client.get_parameters('model', 'iterations') == before
        client.disparity_of(LEFT, RIGHT)


def test_unequal_sizes_are_told_and_lose_nothing_else(node, client):
    client.publish_pair(LEFT, image(3, HEIGHT, WIDTH + 16))
    line = node.wait_for(
        f'{node.namespace}/left/image_rect and {node.namespace}/right/image_rect: '
    )
    assert '[WARN]' in line and str(WIDTH) in line and str(WIDTH + 16) in line
    status = client.spin_until(
        lambda: int(client.status['pairs dropped: unusable images']) and client.status
    )
    assert status['level'] == DiagnosticStatus.WARN
    assert 'right/image_rect' in status['message']
    client.disparity_of(LEFT, RIGHT)
    assert client.fresh_status()['level'] == DiagnosticStatus.OK


def test_an_unreadable_image_is_told_with_its_topic(node, client):
    unreadable = Image(height=2, width=2, encoding='32FC1', step=8, data=bytes(16))
    client.publish_pair(unreadable, RIGHT)
    node.wait_for(f'{node.namespace}/left/image_rect: encoding "32FC1"')
    client.disparity_of(LEFT, RIGHT)


# From here on each node is its own, for what it goes through changes it.


def test_pairs_faster_than_inference_never_grow_old(start_node, connect, model_file):
    node = start_node(MODULE, model=model_file, provider='cpu', threads=1, iterations=32)
    client = connect(node).listen()
    client.warm_up(LEFT, RIGHT)
    published = {}
    while len(client.disparities) < 8:
        stamp = client.publish_pair(LEFT, RIGHT)
        published[stamp] = time.monotonic()
        client.spin_for(0.02)
    client.spin_until(lambda: stamp_of(client.disparities[-1][1]) == stamp)

    arrivals = [(stamp_of(message), arrival) for arrival, message in client.disparities]
    assert [stamp for stamp, _ in arrivals] == sorted(stamp for stamp, _ in arrivals)
    assert len(arrivals) < len(published) / 2
    # Busy all the time, so an inference takes as long as the time between two results. What a
    # queue lets through would be as old as all of them together.
    inference = max(later - earlier for (_, earlier), (_, later) in pairwise(arrivals))
    ages = [arrival - published[stamp] for stamp, arrival in arrivals]
    assert max(ages) < 2 * inference

    status = client.fresh_status()
    received = int(status['pairs received'])
    assert received > len(published) / 2  # DDS itself loses some where the machine is busy
    assert int(status['pairs dropped: newer pair']) > 0
    drops = sum(int(n) for key, n in status.items() if key.startswith('pairs dropped'))
    assert received == int(status['pairs processed']) + drops


@pytest.fixture
def watched_module(tmp_path, monkeypatch):
    """Write a module that runs the node and tells when Python itself has ended the process."""
    (tmp_path / 'watched.py').write_text(
        'import atexit, sys\n'
        'atexit.register(print, "Python ends", file=sys.stderr)\n'
        f'from {MODULE} import main\n'
    )
    monkeypatch.setenv('PYTHONPATH', str(tmp_path), prepend=os.pathsep)
    return 'watched'


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_breaks_off_an_inference(start_node, connect, model_file, watched_module, number):
    slow = {'provider': 'cpu', 'threads': 1, 'iterations': 32, 'resolution': 'image'}
    node = start_node(watched_module, model=model_file, **slow)
    client = connect(node).listen()
    client.warm_up(LEFT, RIGHT)
    size = (960, 1280)  # for much longer than a thread is waited for
    client.publish_pair(image(1, *size), image(2, *size))
    client.spin_for(1.0)
    node.send(number)
    assert node.exit_code() == 0
    assert node.count('Python ends') == 1
    assert node.count('Traceback') == node.count('[ERROR]') == node.count('[FATAL]') == 0


def test_interrupt_while_the_model_is_loaded(start_node, model_file):
    node = start_node(MODULE, model=model_file)
    node.wait_for('Loading')
    node.send(signal.SIGINT)
    assert node.exit_code() == 0
    assert node.count('Traceback') == 0


@pytest.mark.parametrize(
    ('parameters', 'text'),
    [
        ({'model': '/no/such/model.onnx'}, '/no/such/model.onnx'),
        ({'resolution': 'large'}, 'resolution "large" is not HEIGHTxWIDTH'),
        ({'iterations': 100}, 'iterations out of range'),
    ],
)
def test_what_cannot_start_says_so_in_one_line(start_node, parameters, text):
    node = start_node(MODULE, **parameters)
    assert node.exit_code() == 1
    fatal = [line for line in node.log if '[FATAL]' in line]
    assert len(fatal) == 1 and text in fatal[0]
    assert node.count('Traceback') == 0


def test_nothing_is_matched_for_nobody(start_node, connect, model_file):
    node = start_node(MODULE, model=model_file, **QUICK)
    client = connect(node).listen(disparity=False)
    node.wait_for('runs on cpu')
    for _ in range(5):
        client.publish_pair(LEFT, RIGHT)
    status = client.spin_until(
        lambda: client.status.get('pairs dropped: no subscriber') == '5' and client.status
    )
    assert status['pairs processed'] == '0'
    assert status['level'] == DiagnosticStatus.OK
    assert 'nobody subscribes' in status['message']


def test_why_no_pairs_come_is_told_with_the_fix(start_node, connect, model_file):
    node = start_node(MODULE, model=model_file, **QUICK)
    client = connect(node).listen()
    node.wait_for('No images on')
    told = client.spin_until(lambda: 'No images' in client.status.get('message', '') and client)
    assert told.status['level'] == DiagnosticStatus.WARN
    assert 'nobody publishes' in told.status['message']

    def publish_until(text, *sides):
        """Publish with stamps 4 ms apart until the diagnostics have a text."""
        while text not in client.status.get('message', ''):
            stamp = client.new_stamp()
            for side, offset in sides:
                client.publish(side, LEFT, stamp + offset)
            client.spin_for(0.2)
        assert client.status['level'] == DiagnosticStatus.WARN
        node.wait_for(text)

    publish_until(f'No images on {node.namespace}/right/image_rect', ('left', 0))
    publish_until('differ by 4.000 ms', ('left', 0), ('right', 4_000_000))
    assert 'set sync_tolerance to 0.006' in client.status['message']
    assert client.set_parameters(sync_tolerance=0.006).successful
    while not client.disparities:
        stamp = client.new_stamp()
        client.publish('left', LEFT, stamp)
        client.publish('right', LEFT, stamp + 4_000_000)
        client.spin_for(0.2)
    assert stamp_of(client.disparities[0][1]) <= stamp
    assert client.fresh_status()['level'] == DiagnosticStatus.OK


def test_best_effort_publishers_are_heard_too(start_node, connect, model_file):
    node = start_node(MODULE, model=model_file, **QUICK)
    client = connect(node).listen()
    for side in ('left', 'right'):
        client.publisher(Image, f'{side}/image_rect', qos_profile_sensor_data)
        node.wait_for(f'{node.namespace}/{side}/image_rect best effort, so')
    client.warm_up(LEFT, RIGHT)
    status = client.fresh_status()
    assert status['left subscription'] == status['right subscription'] == 'best_effort'


def test_quality_of_service_can_be_overridden(start_node, connect, model_file):
    # Under a name of its own, for the parameter has the topic's full name.
    arguments = []
    for topic, kind in (('left/image_rect', 'subscription'), ('disparity', 'publisher')):
        name = f'qos_overrides./overridden/{topic}.{kind}.reliability'
        arguments += ['-p', f'{name}:=best_effort']
    node = start_node(MODULE, *arguments, namespace='/overridden', model=model_file, **QUICK)
    client = connect(node)
    node.wait_for('runs on cpu')
    (info,) = client.spin_until(
        lambda: client.node.get_subscriptions_info_by_topic('/overridden/left/image_rect')
    )
    assert info.qos_profile.reliability.name == 'BEST_EFFORT'
    (info,) = client.node.get_publishers_info_by_topic('/overridden/disparity')
    assert info.qos_profile.reliability.name == 'BEST_EFFORT'
