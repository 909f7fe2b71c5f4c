# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibrations as sensor_msgs/CameraInfo."""

from dataclasses import asdict

import sensor_msgs.msg
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from crestereo_ros.calibration import CameraCalibration
from crestereo_ros.messages.calibrations import to_fields


def to_message(calibration: CameraCalibration, header: Header) -> CameraInfo:
    """
    Return a calibration as a message.

    :param header: the header of the image that the calibration belongs to
    """
    fields = to_fields(calibration)
    fields |= {name: fields[name].tolist() for name in 'dkrp'}
    roi = sensor_msgs.msg.RegionOfInterest(**asdict(calibration.roi))
    return CameraInfo(header=header, roi=roi, **fields)
