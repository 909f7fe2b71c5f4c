# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`SN*.conf` of ZED cameras, which has a calibration for each of their resolutions."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from crestereo_ros.calibration.documents import Content
from crestereo_ros.calibration.errors import CalibrationError
from crestereo_ros.calibration.stereo_calibration import StereoCalibration
from crestereo_ros.calibration.unrectified_pair import RawCamera, rectified

SIZES = {
    'HD': (1280, 720),
    'FHD': (1920, 1080),
    'FHD1200': (1920, 1200),
    '2K': (2208, 1242),
    'QHD': (2560, 1440),
    'SVGA': (960, 600),
    'VGA': (672, 376),
}


def read(content: Content) -> StereoCalibration | None:
    """Return the calibrations of raw images; the lengths in the file are millimetres."""
    stereo = content.get('STEREO')
    if not isinstance(stereo, dict) or 'baseline' not in stereo:
        return None
    found = [
        _pair(content, stereo, name, size)
        for name, size in SIZES.items()
        if f'LEFT_CAM_{name}' in content and f'RIGHT_CAM_{name}' in content
    ]
    if not found:
        raise CalibrationError('has no LEFT_CAM_HD and RIGHT_CAM_HD, or another resolution')
    return replace(found[0], alternatives=tuple(found[1:]))


def _pair(
    content: Content, stereo: Content, name: str, size: tuple[int, int]
) -> StereoCalibration:
    left, right = (_camera(content[f'{side}_CAM_{name}'], size) for side in ('LEFT', 'RIGHT'))
    suffix = name.lower()
    vertical = stereo.get(f'cv_{suffix}', stereo.get(f'ry_{suffix}', 0.0))
    angles = stereo.get(f'rx_{suffix}', 0.0), vertical, stereo.get(f'rz_{suffix}', 0.0)
    rotation, _ = cv2.Rodrigues(np.array(angles, float))
    baseline, ty, tz = (float(stereo.get(key, 0.0)) for key in ('baseline', 'ty', 'tz'))
    # Newer files have the others in millimetres too, older ones in metres, and all are small.
    return rectified(left, right, rotation, -np.array([baseline, ty, tz]) / 1000)


def _camera(entry: Content, size: tuple[int, int]) -> RawCamera:
    try:
        fx, fy, cx, cy = (float(entry[key]) for key in ('fx', 'fy', 'cx', 'cy'))
    except KeyError as error:
        raise CalibrationError(f'a camera has no {error.args[0]}') from error
    k = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    names = 'k1', 'k2', 'p1', 'p2', 'k3', 'k4', 'k5', 'k6'
    d = np.array([float(entry.get(key, 0.0)) for key in names])
    d = d if d[5:].any() else d[:5]
    return RawCamera(k, d, 'plumb_bob' if len(d) == 5 else 'rational_polynomial', size)
