# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The baseline between two frames of /tf_static, over DDS."""

import math

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from diagnostic_msgs.msg import DiagnosticStatus  # noqa: E402
from geometry_msgs.msg import TransformStamped  # noqa: E402
from rclpy.qos import DurabilityPolicy, QoSProfile  # noqa: E402
from sensor_msgs.msg import CameraInfo  # noqa: E402

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture
def camera_info():
    """Make what a driver publishes that leaves the baseline to tf."""
    info = CameraInfo(width=128, height=96)
    info.k = [100.0, 0.0, 2.0, 0.0, 100.0, 48.0, 0.0, 0.0, 1.0]
    info.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    info.p = [100.0, 0.0, 2.0, 0.0, 0.0, 100.0, 48.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    return info


def optical(frame, at):
    """Return where an optical frame is, of a camera that looks along x of the body."""
    item = TransformStamped(child_frame_id=f'{frame}_camera')
    item.header.frame_id = 'body'
    item.transform.translation.x, item.transform.translation.y = at
    half = math.sqrt(0.5)
    item.transform.rotation.w, item.transform.rotation.x = half * half, -half * half
    item.transform.rotation.y, item.transform.rotation.z = half * half, -half * half
    return item


@pytest.mark.usefixtures('message_packages')
def test_the_baseline_comes_from_tf_unless_that_is_forbidden(
    start_depth, connect, pair, camera_info
):
    from tf2_msgs.msg import TFMessage

    node = start_depth()
    client = connect(node).listen()

    def disparity():
        for side in 'left', 'right':
            client.publisher(CameraInfo, f'{side}/camera_info').publish(camera_info)
        return client.disparity_of(*pair)

    def wait_for_reason(text):
        client.spin_until(lambda: disparity() and client.status.get('no depth', '').endswith(text))

    client.warm_up(*pair)
    wait_for_reason(
        'right/camera_info: P[3] is 0, so the distance of the cameras is missing, and /tf_static '
        "does not lead from 'left_camera' to 'right_camera': set the parameter baseline, or "
        'calibrate the cameras as a stereo pair'
    )
    transforms = [optical('left', (0.3, 0.06)), optical('right', (0.3, -0.04))]
    client.node.create_publisher(TFMessage, '/tf_static', LATCHED).publish(
        TFMessage(transforms=transforms)
    )
    message = client.spin_until(lambda: (m := disparity()).f and m)
    assert (message.f, message.t) == (pytest.approx(100), pytest.approx(0.1))
    status = client.status_with_pairs()
    assert status['baseline by tf (m)'] == '0.1000'
    assert status['level'] == DiagnosticStatus.OK, status['message']
    node.wait_for('is 0: baseline 0.1000 m by tf, from left_camera to right_camera')

    assert client.set_parameters(baseline=0.07).successful
    client.spin_until(lambda: disparity().t == pytest.approx(0.07))
    assert client.set_parameters(baseline=0.0, baseline_from_tf=False).successful
    wait_for_reason(
        'P[3] is 0, so the distance of the cameras is missing: set the parameter baseline, or '
        'calibrate the cameras as a stereo pair'
    )
