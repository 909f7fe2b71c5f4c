# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The calibration of OAK cameras as DepthAI saves it (JSON)."""

from __future__ import annotations

import numpy as np

from crestereo_ros.calibration.documents import Content, matrix, vector
from crestereo_ros.calibration.errors import CalibrationError
from crestereo_ros.calibration.stereo_calibration import StereoCalibration
from crestereo_ros.calibration.unrectified_pair import RawCamera, rectified

SOCKETS = 1, 2  # of the left and the right camera, unless the file says otherwise
FISHEYE = 1  # a number of cameraType


def read(content: Content) -> StereoCalibration | None:
    """Return the calibration of the stereo pair; the lengths in the file are centimetres."""
    data = content.get('cameraData')
    if not isinstance(data, list):
        return None
    cameras = {entry[0]: entry[1] for entry in data if len(entry) == 2}
    stereo = content.get('stereoRectificationData') or {}
    sockets = [
        stereo.get(name, socket)
        for name, socket in zip(('leftCameraSocket', 'rightCameraSocket'), SOCKETS, strict=True)
    ]
    if sockets[0] not in cameras or sockets[1] not in cameras:
        sockets = list(SOCKETS)
    if any(socket not in cameras for socket in sockets):
        raise CalibrationError('has no cameras on the sockets 1 and 2, left and right')
    left, right = (cameras[socket] for socket in sockets)
    rotation, translation = _transform(left, right, sockets)
    return rectified(_camera(left), _camera(right), rotation, translation)


def _transform(left: Content, right: Content, sockets: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return rotation and translation from the left to the right camera."""
    for entry, to, inverted in ((left, sockets[1], False), (right, sockets[0], True)):
        extrinsics = entry.get('extrinsics') or {}
        rotation = matrix(extrinsics.get('rotationMatrix'), (3, 3))
        if extrinsics.get('toCameraSocket') != to or rotation is None:
            continue
        way = extrinsics.get('translation') or {}
        translation = np.array([float(way.get(axis, 0.0)) for axis in 'xyz']) / 100
        if inverted:
            rotation = rotation.T
            translation = -rotation @ translation
        return rotation, translation
    raise CalibrationError('has no extrinsics between the left and the right camera')


def _camera(entry: Content) -> RawCamera:
    k = matrix(entry.get('intrinsicMatrix'), (3, 3))
    d = vector(entry.get('distortionCoeff', []))
    if k is None or d is None:
        raise CalibrationError('a camera has no intrinsicMatrix, or no distortionCoeff')
    size = int(entry.get('width', 0)), int(entry.get('height', 0))
    if entry.get('cameraType') == FISHEYE:
        return RawCamera(k, d[:4], 'equidistant', size)
    return RawCamera(k, d, 'rational_polynomial' if len(d) > 5 else 'plumb_bob', size)
