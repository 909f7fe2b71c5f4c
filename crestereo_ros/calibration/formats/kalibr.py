# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The camchain of Kalibr."""

from __future__ import annotations

import numpy as np

from crestereo_ros.calibration.documents import Content, matrix, vector
from crestereo_ros.calibration.errors import CalibrationError
from crestereo_ros.calibration.stereo_calibration import StereoCalibration
from crestereo_ros.calibration.unrectified_pair import RawCamera, rectified

FROM_BEFORE = 'T_cn_cnm1'  # from the camera before to this one


def read(content: Content) -> StereoCalibration | None:
    """Return the calibration of cam0 and cam1."""
    entries = [content.get(name) for name in ('cam0', 'cam1')]
    if not all(isinstance(entry, dict) and 'intrinsics' in entry for entry in entries):
        return None
    cameras = [_camera(name, content[name]) for name in ('cam0', 'cam1')]
    transform = matrix(content['cam1'].get(FROM_BEFORE), (4, 4))
    if transform is None:
        raise CalibrationError(f'cam1 has no {FROM_BEFORE}: calibrate both cameras together')
    left, right = cameras
    return rectified(left, right, transform[:3, :3], transform[:3, 3])


def _camera(name: str, entry: Content) -> RawCamera:
    if entry.get('camera_model', 'pinhole') != 'pinhole':
        raise CalibrationError(
            f'{name} has the camera_model {entry["camera_model"]}: calibrate it as pinhole, with '
            'the distortion equi for wide lenses'
        )
    numbers = matrix(entry['intrinsics'], (4,))
    size = matrix(entry.get('resolution'), (2,))
    d = vector(entry.get('distortion_coeffs', []))
    if numbers is None or d is None:
        raise CalibrationError(f'{name} has no intrinsics of four numbers, and distortion_coeffs')
    fx, fy, cx, cy = numbers
    k = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    known = None if size is None else (int(size[0]), int(size[1]))
    return RawCamera(k, d, str(entry.get('distortion_model', '')), known)
