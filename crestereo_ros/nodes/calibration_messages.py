# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibrations to and from sensor_msgs/CameraInfo."""

import numpy as np
import sensor_msgs.msg
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from crestereo_ros.calibration import CameraCalibration, RegionOfInterest


def from_message(info: CameraInfo) -> CameraCalibration:
    """Return what a message says of its camera; nothing is checked."""
    roi = info.roi
    return CameraCalibration(
        width=info.width,
        height=info.height,
        distortion_model=info.distortion_model,
        d=np.array(info.d, float),
        k=np.array(info.k, float).reshape(3, 3),
        r=np.array(info.r, float).reshape(3, 3),
        p=np.array(info.p, float).reshape(3, 4),
        binning=(info.binning_x or 1, info.binning_y or 1),  # 0 means the same as 1
        roi=RegionOfInterest(roi.x_offset, roi.y_offset, roi.width, roi.height),
    )


def to_message(calibration: CameraCalibration, header: Header) -> CameraInfo:
    """
    Return a calibration as a message.

    :param header: of the image that it is published with
    """
    roi = calibration.roi
    return CameraInfo(
        header=header,
        width=calibration.width,
        height=calibration.height,
        distortion_model=calibration.distortion_model,
        d=calibration.d.tolist(),
        k=calibration.k.ravel().tolist(),
        r=calibration.r.ravel().tolist(),
        p=calibration.p.ravel().tolist(),
        binning_x=calibration.binning[0],
        binning_y=calibration.binning[1],
        roi=sensor_msgs.msg.RegionOfInterest(
            x_offset=roi.x_offset, y_offset=roi.y_offset, width=roi.width, height=roi.height
        ),
    )
