# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Every field of CameraInfo, in both directions."""

import numpy as np
import pytest

pytest.importorskip('sensor_msgs', reason='needs ROS 2')

from rclpy.serialization import deserialize_message, serialize_message  # noqa: E402
from sensor_msgs.msg import CameraInfo, RegionOfInterest  # noqa: E402
from std_msgs.msg import Header  # noqa: E402

from crestereo_ros.messages.calibrations import from_message  # noqa: E402
from crestereo_ros.nodes.calibration_messages import to_message  # noqa: E402


def camera_info():
    info = CameraInfo(
        header=Header(frame_id='left_camera'),
        width=640,
        height=480,
        distortion_model='rational_polynomial',
        binning_x=2,
        binning_y=3,
        roi=RegionOfInterest(x_offset=1, y_offset=2, width=300, height=200),
    )
    info.header.stamp.sec = 7
    info.d = [0.1 * n for n in range(8)]
    info.k = [float(n) for n in range(9)]
    info.r = [10.0 + n for n in range(9)]
    info.p = [20.0 + n for n in range(12)]
    return info


def test_every_field_is_converted_both_ways():
    info = camera_info()
    result = to_message(from_message(info), info.header)
    # As another node receives it.
    assert deserialize_message(serialize_message(result), CameraInfo) == info


def test_a_message_of_defaults_can_be_read():
    calibration = from_message(CameraInfo())
    assert (calibration.binning, calibration.d.shape) == ((1, 1), (0,))
    assert np.array_equal(calibration.k, np.zeros((3, 3)))
