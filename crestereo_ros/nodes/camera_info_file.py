# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibrations in YAML files as camera_calibration writes them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from sensor_msgs.msg import CameraInfo
import yaml

from crestereo_ros.errors import CrestereoError

# Coefficients of each distortion model: sensor_msgs/distortion_models.hpp, and OpenCV for the
# longer forms of the last two.
COEFFICIENTS = {
    'plumb_bob': (4, 5),
    'rational_polynomial': (8, 12, 14),
    'equidistant': (4,),
}
MATRICES = {
    'camera_matrix': (3, 3),
    'rectification_matrix': (3, 3),
    'projection_matrix': (3, 4),
}


class CameraInfoFileError(CrestereoError):
    """A calibration that cannot be used; the text names the file, the key and the fix."""


class CalibrationLoader(yaml.SafeLoader):
    """Reads what OpenCV writes as well: its matrices are mappings with a tag."""


CalibrationLoader.add_constructor(
    'tag:yaml.org,2002:opencv-matrix', CalibrationLoader.construct_yaml_map
)


def read_camera_info(path: str) -> CameraInfo:
    """
    Read a calibration: sensor_msgs/CameraInfo for the size that is in the file.

    :param path: of the file, `~` being the home folder
    :raises CameraInfoFileError: when it cannot be read, or a key is missing or wrong
    """
    content = _load(path)
    model = content.get('distortion_model') or content.get('camera_model') or 'plumb_bob'
    if model not in COEFFICIENTS:
        raise CameraInfoFileError(
            f'{path}: distortion_model "{model}" is none of {", ".join(COEFFICIENTS)}'
        )
    info = CameraInfo(
        width=_side(content, 'image_width', path),
        height=_side(content, 'image_height', path),
        distortion_model=model,
    )
    info.k, info.r, info.p = (_matrix(content, name, path) for name in MATRICES)
    info.d = _numbers(content, 'distortion_coefficients', path)
    if len(info.d) not in COEFFICIENTS[model]:
        allowed = ' or '.join(map(str, COEFFICIENTS[model]))
        raise CameraInfoFileError(
            f'{path}: distortion_coefficients has {len(info.d)} numbers, but {model} has '
            f'{allowed}: set distortion_model to what they are of'
        )
    for name, focal_length in (('camera_matrix', info.k[0]), ('projection_matrix', info.p[0])):
        if focal_length <= 0:
            raise CameraInfoFileError(
                f'{path}: the focal length in {name} is {focal_length:g}, not above 0: calibrate '
                'the camera'
            )
    return info


def scaled(info: CameraInfo, width: int, height: int) -> CameraInfo:
    """
    Return a calibration for images of another size.

    K and P are scaled, which leaves the baseline in P[3] / P[0] as it is; D and R hold for any
    size. The centre of the upper left pixel is (0, 0), as in OpenCV.
    """
    x, y = width / info.width, height / info.height
    result = CameraInfo(
        width=width, height=height, distortion_model=info.distortion_model, d=info.d, r=info.r
    )
    result.k = _scaled_rows(info.k, x, y)
    result.p = _scaled_rows(info.p, x, y)
    return result


def _scaled_rows(matrix, x, y):
    columns = len(matrix) // 3
    rows = [list(matrix[row * columns : (row + 1) * columns]) for row in range(3)]
    for row, scale in zip(rows, (x, y), strict=False):
        row[:] = [scale * value for value in row]
        # A pixel's middle moves with its corner, which is half a pixel before it.
        row[2] += (scale - 1) / 2
    return [value for row in rows for value in row]


def _load(path: str) -> dict[str, Any]:
    try:
        text = Path(path).expanduser().read_text(encoding='utf-8')
    except OSError as error:
        raise CameraInfoFileError(f'{path} cannot be read: {error.strerror}') from error
    except UnicodeDecodeError as error:
        raise CameraInfoFileError(f'{path} is no YAML: it is not a text file') from error
    # OpenCV writes %YAML:1.0, which YAML itself knows with a space only.
    text = text.replace('%YAML:1.0', '%YAML 1.0', 1).lstrip()
    if text.startswith('%YAML') and '---' not in text:
        text = text.partition('\n')[2]
    try:
        content = yaml.load(text, CalibrationLoader)
    except yaml.YAMLError as error:
        raise CameraInfoFileError(f'{path} is no YAML: {error}') from error
    if not isinstance(content, dict):
        raise CameraInfoFileError(
            f'{path} has no keys as image_width: give a calibration as camera_calibration saves it'
        )
    return content


def _entry(content, name, path):
    if name not in content:
        raise CameraInfoFileError(
            f'{path} has no {name}: give a calibration as camera_calibration saves it'
        )
    return content[name]


def _side(content, name, path) -> int:
    value = _entry(content, name, path)
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise CameraInfoFileError(f'{path}: {name} is {value!r}, not a number of pixels above 0')
    return value


def _matrix(content, name, path) -> list[float]:
    rows, columns = MATRICES[name]
    values = _numbers(content, name, path)
    if len(values) != rows * columns:
        raise CameraInfoFileError(
            f'{path}: {name} has {len(values)} numbers in data, not {rows}x{columns}'
        )
    return values


def _numbers(content, name, path) -> list[float]:
    entry = _entry(content, name, path)
    values = entry.get('data') if isinstance(entry, dict) else entry
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError):
        numbers = [math.nan]
    if not all(map(math.isfinite, numbers)):
        raise CameraInfoFileError(f'{path}: {name} has no data, or other than numbers in it')
    return numbers
