# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`calib_cam_to_cam.txt`, `calib.txt` of the odometry, and `calib/*.txt` of KITTI."""

from __future__ import annotations

import logging

import numpy as np

from crestereo_ros.calibration.camera_calibration import CameraCalibration
from crestereo_ros.calibration.documents import Content, matrix
from crestereo_ros.calibration.stereo_calibration import StereoCalibration

# The colour cameras before the grey ones: most people have their images.
PAIRS = (2, 3), (0, 1)

logger = logging.getLogger(__name__)


def read(content: Content) -> StereoCalibration | None:
    """Return the calibration of rectified images."""
    for numbers in PAIRS:
        for name in ('P_rect_{:02d}', 'P{}'):
            left, right = (matrix(content.get(name.format(x)), (3, 4)) for x in numbers)
            if left is None or right is None:
                continue
            logger.info('the calibration is that of the cameras %d and %d', *numbers)
            size = matrix(content.get(f'S_rect_{numbers[0]:02d}'), (2,))
            known = size is not None
            if size is None:
                size = np.round(2 * left[:2, 2]) + 1
            width, height = map(int, size)
            cameras = [
                CameraCalibration(
                    width, height, 'plumb_bob', np.zeros(5), p[:, :3].copy(), np.eye(3), p
                )
                for p in (left, right)
            ]
            return StereoCalibration(cameras[0], cameras[1], known)
    return None
