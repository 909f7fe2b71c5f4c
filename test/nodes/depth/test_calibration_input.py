# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From camera_info to f and T of the disparity, over DDS."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402
from rclpy.qos import DurabilityPolicy, QoSProfile  # noqa: E402
from sensor_msgs.msg import CameraInfo  # noqa: E402

from crestereo_ros.matching import StereoMatcher  # noqa: E402

HEIGHT, WIDTH = 96, 128


def camera_info(cx=64.0, tx=0.0, width=2 * WIDTH, height=2 * HEIGHT, **fields):
    """Make the calibration of a camera, for twice the size of the images."""
    info = CameraInfo(width=width, height=height, **fields)
    info.k = [200.0, 0.0, cx, 0.0, 200.0, 48.0, 0.0, 0.0, 1.0]
    info.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    info.p = [200.0, 0.0, cx, tx, 0.0, 200.0, 48.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    return info


def changed(info, **values):
    """Set values of P, by the names p0 to p11."""
    for name, value in values.items():
        info.p[int(name[1:])] = value
    return info


OFFSET = -30.0  # pixels of the images, which have half the size of the calibration
GOOD = {'left': camera_info(cx=64.0 + 2 * OFFSET), 'right': camera_info(tx=-0.1 * 200.0)}


def disparity_with(infos, client, pair, condition):
    """Publish calibrations and a pair until a disparity meets a condition, and return it."""
    publishers = {side: client.publisher(CameraInfo, f'{side}/camera_info') for side in infos}

    def attempt():
        # Repeatedly: the node receives them as best effort, so one may get lost.
        for side, info in infos.items():
            publishers[side].publish(info)
        message = client.disparity_of(*pair)
        return message if condition(message) else None

    return client.spin_until(attempt)


@pytest.fixture(scope='module')
def matched(model_file, pair):
    """Return a function that matches the pair without ROS; the search starts at an offset."""
    matcher = StereoMatcher(str(model_file), provider='cpu', threads=1)
    return lambda offset: matcher.match(*pair, iterations=1, offset=offset).disparity


def assert_measured_from(infinity, message, matched):
    """Check that a disparity is relative to that of points at infinity."""
    found = np.frombuffer(message.image.data, np.float32)
    known = found >= message.min_disparity
    assert known.mean() > 0.8
    expected = matched(infinity).ravel() - infinity
    np.testing.assert_allclose(found[known], expected[known], rtol=1e-3, atol=1e-3)


def test_geometry_from_camera_info(node, client, pair, matched):
    message = client.disparity_of(*pair)
    assert (message.f, message.t) == (0.0, 0.0)
    line = node.wait_for('without depth')
    assert f'{node.namespace}/left/camera_info and {node.namespace}/right/camera_info' in line
    status = client.status_with_pairs()
    assert 'no camera_info arrived' in status['no depth']
    assert status['level'] == DiagnosticStatus.OK  # a camera without calibration is not a fault

    message = disparity_with(GOOD, client, pair, lambda message: message.f)
    assert message.f == pytest.approx(100.0)
    assert message.t == pytest.approx(0.1)
    assert_measured_from(OFFSET, message, matched)
    assert node.count('without depth') == 1
    status = client.fresh_status()
    assert 'no depth' not in status
    assert status['calibration'] == 'f 100.0 px, baseline 0.1000 m, from camera_info'


@pytest.mark.parametrize(
    ('changes', 'topics', 'field'),
    [
        (
            {'right': camera_info(tx=-20.0, width=4 * WIDTH, height=4 * HEIGHT)},
            ['left', 'right'],
            'width',
        ),
        (
            {
                'left': camera_info(width=2 * WIDTH, height=WIDTH),
                'right': camera_info(tx=-20.0, width=2 * WIDTH, height=WIDTH),
            },
            ['left', 'right'],
            'width',
        ),
        ({'left': changed(camera_info(), p2=np.nan)}, ['left'], 'P['),
        ({'right': changed(camera_info(tx=-20.0), p5=np.inf)}, ['right'], 'P['),
        ({'right': changed(camera_info(), p0=-200.0, p3=20.0)}, ['right'], 'P[0]'),
        ({'right': camera_info(tx=20.0)}, ['left', 'right'], 'P[3]'),
        ({'left': CameraInfo(width=2 * WIDTH, height=2 * HEIGHT)}, ['left'], 'K[0]'),
    ],
    ids=[
        'two sizes',
        'another aspect',
        'NaN',
        'infinity',
        'negative focal length',
        'negative baseline',
        'uncalibrated',
    ],
)
def test_reports_a_calibration_that_cannot_be_used(node, client, pair, changes, topics, field):
    disparity_with(GOOD, client, pair, lambda message: message.f)
    infos = {**GOOD, **changes}
    message = disparity_with(infos, client, pair, lambda message: not message.f)
    assert (message.f, message.t) == (0.0, 0.0)
    assert np.isfinite(np.frombuffer(message.image.data, np.float32)).all()

    reason = f'{" and ".join(f"{node.namespace}/{side}/camera_info" for side in topics)}: {field}'
    status = client.fresh_status()
    assert status['no depth'].startswith(reason)
    assert 'calibration' not in status
    assert status['level'] == DiagnosticStatus.WARN
    assert status['message'].startswith(f'Disparity without depth: {reason}')
    node.wait_for(f'so without depth: {reason}')
    client.disparity_of(*pair)
    client.fresh_status()
    assert node.count(f'so without depth: {status["no depth"]}') == 1


def test_warns_of_an_implausible_baseline(node, client, pair):
    infos = {**GOOD, 'right': camera_info(tx=-20_000.0)}
    disparity_with(infos, client, pair, lambda message: message.t > 1)
    status = client.fresh_status()
    assert 'the baseline is 100 m, which is more than stereo cameras have' in status['message']
    assert status['level'] == DiagnosticStatus.WARN
    node.wait_for('if millimetres were written as metres')


def without_p(info):
    info.p = [0.0] * 12
    return info


def test_the_baseline_completes_what_drivers_leave_out(node, client, pair):
    """A right P without the baseline, and a P of zeros with a good K."""
    assert client.set_parameters(baseline=0.07).successful
    gaps = {'left': camera_info(), 'right': camera_info()}
    for infos in gaps, {side: without_p(camera_info()) for side in gaps}:
        disparity_with(GOOD, client, pair, lambda message: message.t == pytest.approx(0.1))
        message = disparity_with(infos, client, pair, lambda m: m.t == pytest.approx(0.07))
        assert message.f == pytest.approx(100.0)
    assert client.fresh_status()['calibration'].endswith('from camera_info')
    assert client.set_parameters(baseline=0.0).successful
    disparity_with(gaps, client, pair, lambda message: not message.f)
    assert 'right/camera_info: P[3] is 0, so' in client.fresh_status()['no depth']


def test_disparity_offset_moves_infinity(client, pair, matched):
    disparity_with(GOOD, client, pair, lambda message: message.f)
    assert client.set_parameters(disparity_offset=2.5).successful
    assert_measured_from(OFFSET + 2.5, client.disparity_of(*pair), matched)
    assert client.set_parameters(disparity_offset=0.0).successful


def test_receives_a_calibration_that_was_latched_before(start_depth, connect, pair):
    qos = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    client = connect(start_depth()).listen()
    for side in GOOD:
        publisher = client.node.create_publisher(CameraInfo, f'{side}/camera_info', qos)
        publisher.publish(GOOD[side])  # once, before the node knows of it
    client.warm_up(*pair)
    client.spin_until(lambda: client.disparity_of(*pair).f)


def test_parameters_replace_a_calibration_that_cannot_be_used(node, client, pair):
    assert client.set_parameters(focal_length=80.0, baseline=0.05).successful
    infos = {**GOOD, 'right': camera_info(tx=20.0)}
    message = disparity_with(infos, client, pair, lambda message: message.f == 80)
    assert message.t == pytest.approx(0.05)
    topics = ' and '.join(f'{node.namespace}/{side}/camera_info' for side in ('left', 'right'))
    reason = f'f 80.0 px, baseline 0.0500 m, from the parameters: {topics}: P[3]'
    assert client.fresh_status()['calibration'].startswith(reason)
    message = disparity_with(GOOD, client, pair, lambda message: message.f != 80)
    assert message.f == pytest.approx(100)
    assert client.set_parameters(focal_length=0.0, baseline=0.0).successful
