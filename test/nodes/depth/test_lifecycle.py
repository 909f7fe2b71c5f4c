# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The depth node as a managed node, over DDS."""

import signal

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402
from lifecycle_msgs.msg import Transition  # noqa: E402
from lifecycle_msgs.srv import ChangeState, GetState  # noqa: E402

TOPICS = {'disparity', 'disparity/image_color', 'depth/image_rect', 'depth/camera_info', 'points2'}


def state(client):
    return client.call(GetState, 'get_state', GetState.Request()).current_state.label


def change(client, transition):
    request = ChangeState.Request()
    request.transition.label = transition
    return client.call(ChangeState, 'change_state', request).success


def published(client):
    name, namespace = client._target, client.node.get_namespace()
    topics = client.node.get_publisher_names_and_types_by_node(name, namespace)
    return TOPICS & {topic.removeprefix(f'{namespace}/') for topic, _ in topics}


def counts(client):
    """Return how many pairs arrived and how many of them gave a disparity."""
    status = client.fresh_status()
    return int(status['pairs received']), int(status['pairs processed'])


def image_subscriptions(client):
    return client.node.count_subscribers('left/image_rect')


def test_the_node_is_active_and_can_be_deactivated_and_activated(client, pair):
    assert state(client) == 'active'
    assert change(client, 'deactivate')
    assert state(client) == 'inactive'
    client.spin_until(lambda: not image_subscriptions(client))
    client.spin_for(0.5)  # it checks for subscribers every 0.1 s
    assert not image_subscriptions(client)
    status = client.fresh_status()
    assert (status['level'], status['message']) == (DiagnosticStatus.OK, 'Inactive')
    assert change(client, 'activate')
    client.disparity_of(*pair)


@pytest.mark.parametrize('number', [Transition.TRANSITION_CONFIGURE, 99])
def test_a_wrong_transition_is_refused_and_changes_nothing(client, pair, number):
    # By number, as supervisors do: rclpy looks up labels among the possible transitions.
    request = ChangeState.Request(transition=Transition(id=number))
    assert not client.call(ChangeState, 'change_state', request).success
    assert state(client) == 'active'
    client.disparity_of(*pair)


def test_a_match_in_progress_is_not_published_after_deactivate(client, image, pair):
    client.disparity_of(*pair)
    assert client.set_parameters(resolution='image', iterations=32).successful
    before = counts(client)
    stamp = client.publish_pair(image(1, 720, 960), image(2, 720, 960))
    client.spin_until(lambda: int(client.status['pairs received']) == before[0] + 1)
    assert change(client, 'deactivate')
    # The match was still running before; it ends afterwards, and nothing is received.
    client.spin_until(lambda: counts(client) == (before[0] + 1, before[1] + 1))
    client.spin_for(0.5)
    assert stamp not in [client.stamp_of(message) for _, message in client.disparities]
    assert client.set_parameters(resolution='fast', iterations=1).successful
    assert change(client, 'activate')
    client.disparity_of(*pair)


def test_cleanup_frees_everything_and_another_model_can_be_loaded(
    client, model_file, fixed_model_file, pair
):
    assert published(client) == TOPICS
    for model in (fixed_model_file, model_file):
        assert change(client, 'deactivate') and change(client, 'cleanup')
        assert state(client) == 'unconfigured'
        client.spin_until(lambda: not published(client))
        status = client.fresh_status()
        assert status['message'] == 'Unconfigured' and 'model' not in status
        assert not client.set_parameters(model='nosuch').successful
        assert client.set_parameters(model=str(model), iterations=0).successful
        assert change(client, 'configure')
        assert client.fresh_status()['model'] == str(model)
        assert change(client, 'activate')
        client.disparity_of(*pair)


def test_without_autostart_configure_works_once_the_model_exists(
    start_depth, connect, model_file, tmp_path, pair
):
    path = tmp_path / 'late.onnx'
    node = start_depth(model=path, autostart=False)
    client = connect(node).listen()
    assert client.fresh_status()['message'] == state(client).title() == 'Unconfigured'
    for reason in ('no file', 'garbage'):
        assert not change(client, 'configure')
        assert state(client) == 'unconfigured' and not published(client)
        assert str(path) in node.wait_for('Cannot configure', 1 + (reason == 'garbage'))
        status = client.fresh_status()
        assert status['level'] == DiagnosticStatus.ERROR and str(path) in status['message']
        path.write_bytes(b'no network' if reason == 'no file' else model_file.read_bytes())
    assert change(client, 'configure')
    assert state(client) == 'inactive'
    assert client.status_with_pairs()['level'] == DiagnosticStatus.OK
    assert change(client, 'activate')
    client.disparity_of(*pair)


@pytest.mark.parametrize('autostart', [True, False])
def test_shutdown_ends_the_process(start_depth, connect, autostart):
    node = start_depth(autostart=autostart)
    client = connect(node)
    assert change(client, 'shutdown')
    assert node.exit_code() == 0
    assert node.count('Traceback') == node.count('[ERROR]') == node.count('Warning') == 0


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_interrupts_configure(start_depth, connect, number):
    # Matching the blank pair takes much longer than the node waits for a thread.
    node = start_depth(autostart=False, iterations=32, resolution='960x1280')
    client = connect(node)
    service = client.node.create_client(ChangeState, f'{client._target}/change_state')
    client.spin_until(service.service_is_ready)
    configure = Transition(id=Transition.TRANSITION_CONFIGURE)
    service.call_async(ChangeState.Request(transition=configure))
    node.wait_for('Loading')
    node.send(number)
    assert node.exit_code() == 0
    assert node.count('runs on cpu') == node.count('Traceback') == node.count('[ERROR]') == 0
