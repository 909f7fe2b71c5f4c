# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibrations to and from sensor_msgs/CameraInfo."""

from typing import Any

import numpy as np

from crestereo_ros.calibration import CameraCalibration, RegionOfInterest
from crestereo_ros.calibration.distortion import lens_model
from crestereo_ros.messages.types import CameraInfo


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


def to_fields(calibration: CameraCalibration) -> dict[str, Any]:
    """Return the fields of a message but `header` and `roi`; matrices are float64 (N,)."""
    return {
        'width': calibration.width,
        'height': calibration.height,
        'distortion_model': lens_model(calibration.distortion_model),
        'd': calibration.d,
        'k': calibration.k.ravel(),
        'r': calibration.r.ravel(),
        'p': calibration.p.ravel(),
        'binning_x': calibration.binning[0],
        'binning_y': calibration.binning[1],
    }
