# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
The formats of calibrations of both cameras in one file.

Each reader takes the content of a file, and returns None if it is of another format.
"""

from crestereo_ros.calibration.formats import kalibr, kitti, middlebury, oak, opencv, zed

READERS = (
    middlebury.read,
    kitti.read,
    kalibr.read,
    zed.read,
    oak.read,
    opencv.read,
)

__all__ = ['READERS']
