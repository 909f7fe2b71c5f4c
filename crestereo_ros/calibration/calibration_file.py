# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibrations in YAML files as camera_calibration writes them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from crestereo_ros.calibration.camera_calibration import CameraCalibration
from crestereo_ros.calibration.distortion import check_distortion
from crestereo_ros.calibration.documents import Content, load
from crestereo_ros.calibration.errors import CalibrationError

HOW_TO = 'give a calibration as camera_calibration saves it'
KEYS = 'camera_matrix', 'projection_matrix'


def read_calibration(path: str | Path) -> CameraCalibration:
    """
    Read the calibration of one camera.

    :param path: of the file, `~` being the home folder
    :raises CalibrationError: when it cannot be read, or a key is missing or wrong; the text
        begins with the path and names the key
    """
    try:
        return camera_in(load(path))
    except CalibrationError as error:
        raise CalibrationError(f'{path}: {error}') from error


def is_camera(content: Content) -> bool:
    """Return whether this is the calibration of one camera."""
    return any(name in content for name in KEYS)


def camera_in(content: Content) -> CameraCalibration:
    """
    Return the calibration of one camera that a file holds.

    :raises CalibrationError: if a key is missing or wrong; the text names it
    """
    model = content.get('distortion_model') or content.get('camera_model') or ''
    d = _numbers(content, 'distortion_coefficients')
    check_distortion(model or 'plumb_bob', len(d), 'distortion_coefficients')
    k = _matrix(content, 'camera_matrix', 3, 3)
    p = _matrix(content, 'projection_matrix', 3, 4)
    for name, focal_length in (('camera_matrix', k[0, 0]), ('projection_matrix', p[0, 0])):
        if focal_length <= 0:
            raise CalibrationError(
                f'the focal length in {name} is {focal_length:g}, not above 0: calibrate the '
                'camera'
            )
    return CameraCalibration(
        width=_side(content, 'image_width'),
        height=_side(content, 'image_height'),
        distortion_model=model or 'plumb_bob',
        d=d,
        k=k,
        r=_matrix(content, 'rectification_matrix', 3, 3),
        p=p,
    )


def _entry(content: Content, name: str) -> object:
    if name not in content:
        raise CalibrationError(f'has no {name}: {HOW_TO}')
    return content[name]


def _side(content: Content, name: str) -> int:
    value = _entry(content, name)
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise CalibrationError(f'{name} is {value!r}, not a number of pixels above 0')
    return value


def _matrix(content: Content, name: str, rows: int, columns: int) -> np.ndarray:
    values = _numbers(content, name)
    if len(values) != rows * columns:
        raise CalibrationError(f'{name} has {len(values)} numbers in data, not {rows}x{columns}')
    return values.reshape(rows, columns)


def _numbers(content: Content, name: str) -> np.ndarray:
    entry = _entry(content, name)
    values = entry.get('data') if isinstance(entry, dict) else entry
    try:
        numbers = np.array(values, float)
    except (TypeError, ValueError):
        numbers = np.array(math.nan)
    if numbers.ndim != 1 or not np.isfinite(numbers).all():
        raise CalibrationError(f'{name} is not a list of finite numbers')
    return numbers
