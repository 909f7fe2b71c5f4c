# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The depth node as a separate process, over DDS: pairs in, disparities out."""

import gc
import logging
import os
import signal
import threading
import time
import weakref

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

import rclpy  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.lifecycle import TransitionCallbackReturn  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402
from stereo_msgs.msg import DisparityImage  # noqa: E402

from crestereo_ros.errors import CrestereoError  # noqa: E402
from crestereo_ros.nodes.depth.pair_counters import PairDrop  # noqa: E402
from crestereo_ros.nodes.depth.stereo_depth_node import StereoDepthNode  # noqa: E402
from crestereo_ros.nodes.image_messages import to_array, to_message  # noqa: E402

MODULE = 'crestereo_ros.nodes.depth.stereo_depth_node'
HEIGHT, WIDTH = 96, 128
TIMEOUT = 120.0  # seconds; only reached by a failure


def test_every_pair_gives_a_disparity_with_its_stamp(client, pair, image):
    client.disparities.clear()
    client.colors.clear()
    stamps = [client.stamp_of(client.disparity_of(pair[0], image(seed))) for seed in range(8)]
    client.spin_until(lambda: len(client.colors) == len(stamps))
    for received in (client.disparities, client.colors):
        assert [client.stamp_of(message) for _, message in received] == stamps


def test_the_fields_of_a_disparity(client, pair):
    message = client.disparity_of(*pair)
    assert message.header == message.image.header
    assert message.header.frame_id == 'left_camera'
    assert (message.image.height, message.image.width) == (HEIGHT, WIDTH)
    assert message.image.encoding == '32FC1'
    disparity = np.frombuffer(message.image.data, np.float32)
    assert disparity.size == HEIGHT * WIDTH and np.isfinite(disparity).all()
    assert message.min_disparity < disparity.max() <= message.max_disparity
    window = message.valid_window
    assert window.height == HEIGHT and 0 < window.width <= WIDTH - window.x_offset


def test_the_same_disparity_as_without_ros(client, model_file, pair):
    from crestereo_ros.matching import StereoMatcher

    message = client.disparity_of(*pair)
    disparity = np.frombuffer(message.image.data, np.float32).reshape(HEIGHT, WIDTH)
    matcher = StereoMatcher(str(model_file), provider='cpu', threads=1)
    np.testing.assert_allclose(disparity, matcher.match(*pair, iterations=1).disparity, rtol=1e-4)


def test_colours(client, pair):
    client.colors.clear()
    client.disparity_of(*pair)
    _, message = client.spin_until(lambda: client.colors and client.colors[0])
    assert message.encoding == 'bgr8'
    picture = to_array(message)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 10


def test_grey_images(client, pair):
    message = client.disparity_of(pair[0][..., 0], pair[1][..., 0])
    assert (message.image.height, message.image.width) == (HEIGHT, WIDTH)


# Each of the following tests has its own node, because it changes it.


@pytest.fixture
def watched_module(tmp_path, monkeypatch):
    """Write a module that runs the node and prints a line when Python ends normally."""
    (tmp_path / 'watched.py').write_text(
        'import atexit, sys\n'
        'atexit.register(print, "Python ends", file=sys.stderr)\n'
        f'from {MODULE} import main\n'
    )
    monkeypatch.setenv('PYTHONPATH', str(tmp_path), prepend=os.pathsep)
    return 'watched'


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_interrupts_an_inference(
    start_node, connect, model_file, watched_module, number, pair, image
):
    slow = {'provider': 'cpu', 'threads': 1, 'iterations': 32, 'resolution': 'image'}
    node = start_node(watched_module, model=model_file, **slow)
    client = connect(node).listen()
    client.warm_up(*pair)
    size = (960, 1280)  # takes much longer than the node waits for a thread
    client.publish_pair(image(1, *size), image(2, *size))
    client.spin_for(1.0)
    node.send(number)
    assert node.exit_code() == 0
    assert node.count('Python ends') == 1
    assert node.count('Traceback') == node.count('[ERROR]') == node.count('[FATAL]') == 0


def test_an_interrupt_while_the_model_is_loading(start_node, model_file):
    node = start_node(MODULE, model=model_file)
    node.wait_for('Loading')
    node.send(signal.SIGINT)
    assert node.exit_code() == 0
    assert node.count('Traceback') == 0


def test_a_signal_at_any_moment_ends_with_0_and_no_traceback(start_node, model_file):
    # All at once, to save time: during several imports, while it makes the node, while it loads
    # the model, and while it is idle.
    moments = (
        lambda node: node.has_loaded('_multiarray_umath'),
        lambda node: node.has_loaded('onnxruntime_pybind11_state'),
        lambda node: node.has_loaded('librmw_'),
        lambda node: node.count('Loading'),
        lambda node: node.count('runs on cpu'),
    )
    waiting = {start_node(MODULE, model=model_file, threads=1): moment for moment in moments}
    nodes = list(waiting)
    while waiting:
        time.sleep(0.005)
        for node, has_come in list(waiting.items()):
            if node.has_ended() or has_come(node):
                node.send((signal.SIGINT, signal.SIGTERM)[nodes.index(node) % 2])
                del waiting[node]
    assert [node.exit_code() for node in nodes] == [0] * len(nodes), [node.log for node in nodes]
    assert not any(node.count('Traceback') for node in nodes)


@pytest.mark.parametrize(
    ('parameters', 'text'),
    [
        ({'model': '/no/such/model.onnx'}, '/no/such/model.onnx'),
        ({'resolution': 'large'}, 'resolution "large" is not HEIGHTxWIDTH'),
        ({'iterations': 100}, 'iterations out of range'),
        ({'sync_tolerance': 2}, 'sync_tolerance must be 0 to 1, not 2'),
        (
            {'qos_overrides./camera/left/image_rect.subscription.reliability': 'nonsense'},
            'qos_overrides./camera/left/image_rect cannot be used: Unexpected QoS override',
        ),
        (
            {'qos_overrides./camera/disparity.publisher.depth': -3},
            'depth must be 0 or more: -3',
        ),
    ],
)
def test_a_node_that_cannot_start_says_why_in_one_line(start_node, parameters, text):
    node = start_node(MODULE, namespace='/camera', **parameters)
    assert node.exit_code() == 1
    fatal = [line for line in node.log if '[FATAL]' in line]
    assert len(fatal) == 1 and text in fatal[0]
    assert node.count('Traceback') == 0


def test_a_double_may_be_written_as_an_integer(start_depth):
    start_depth(sync_tolerance=0).wait_for('runs on cpu')


def test_nodes_share_a_process_and_leave_nothing_behind(ros_domain, model_file):
    handlers, threads = logging.getLogger('crestereo_ros').handlers, threading.active_count()
    before = list(handlers)
    context = rclpy.Context()
    rclpy.init(context=context)
    arguments = {'context': context, 'start_parameter_services': False}
    nodes = [
        StereoDepthNode(
            namespace=f'/camera_{number}',
            parameter_overrides=[Parameter('model', value=str(model_file))],
            **arguments,
        )
        for number in (1, 2)
    ]
    assert [node.get_fully_qualified_name() for node in nodes] == [
        '/camera_1/stereo_depth',
        '/camera_2/stereo_depth',
    ]
    assert len(handlers) == len(before) + 2
    with pytest.raises(CrestereoError, match="no model 'nosuch'"):
        StereoDepthNode(parameter_overrides=[Parameter('model', value='nosuch')], **arguments)
    for node in nodes:
        node.close()
        node.destroy_node()
    context.try_shutdown()
    assert handlers == before
    assert threading.active_count() == threads


@pytest.fixture
def node_here(ros_domain, model_file):
    """Start a slow depth node in this process, and return it with a `spin_until`."""
    context = rclpy.Context()
    rclpy.init(context=context)
    parameters = {'model': str(model_file), 'provider': 'cpu', 'threads': 1}
    parameters |= {'iterations': 32, 'resolution': 'image', 'max_latency_ms': 60000.0}
    node = StereoDepthNode(
        namespace='/here',
        context=context,
        parameter_overrides=[Parameter(name, value=x) for name, x in parameters.items()],
    )
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)

    def spin_until(condition):
        end = time.monotonic() + TIMEOUT
        while not (value := condition()):
            assert time.monotonic() < end
            executor.spin_once(0.02)
        return value

    yield node, spin_until
    executor.shutdown()
    node.close()
    node.destroy_node()
    context.try_shutdown()


@pytest.mark.parametrize('what', ['cancelled', 'unreadable'])
def test_cleanup_frees_the_model(node_here, image, what):
    """Whatever the matcher did last: a long match, or nothing because of a bad image."""
    node, spin_until = node_here
    node.create_subscription(DisparityImage, 'disparity', lambda message: None, 1)
    active = spin_until(lambda: node._models.active)
    publishers = [
        node.create_publisher(Image, f'{side}/image_rect', 1) for side in ('left', 'right')
    ]
    spin_until(lambda: all(x.get_subscription_count() for x in publishers))
    message = to_message(image(1, 960, 1280), 'bgr8')
    if what == 'unreadable':
        message.encoding = 'nosuch'
    message.header.stamp.sec = 1_700_000_000
    for publisher in publishers:
        publisher.publish(message)
    if what == 'cancelled':
        spin_until(lambda: node._matcher.inference_time)
    else:
        spin_until(lambda: node._counters.drops[PairDrop.UNUSABLE])
    matcher = weakref.ref(active.matcher)
    del active
    assert node.trigger_deactivate() == node.trigger_cleanup() == TransitionCallbackReturn.SUCCESS
    spin_until(lambda: gc.collect() is None or matcher() is None)
    assert node._counters.results == 0
    assert node._counters.drops[PairDrop.FAILED] == 0
