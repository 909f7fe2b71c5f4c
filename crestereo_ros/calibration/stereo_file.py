# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibrations of both cameras, in one file or two, of any format."""

from __future__ import annotations

from pathlib import Path

from crestereo_ros.calibration.calibration_file import camera_in, is_camera
from crestereo_ros.calibration.documents import Content, load
from crestereo_ros.calibration.errors import CalibrationError, concerning
from crestereo_ros.calibration.formats import READERS
from crestereo_ros.calibration.stereo_calibration import StereoCalibration

HOW_TO = 'docs/calibration.md lists those'


def read_stereo_calibration(
    left: str | Path, right: str | Path | None = None
) -> StereoCalibration:
    """
    Read the calibration of both cameras; the content decides which format it is.

    :param left: the file of the left camera, or one with both
    :param right: the file of the right camera, or one that completes the other
    :raises CalibrationError: if it cannot be read or used; the text begins with the path
    """
    paths = [path for path in (left, right) if path]
    names = ' and '.join(map(str, paths))
    contents = [_load(path) for path in paths]
    try:
        if len(contents) == 2 and all(map(is_camera, contents)):
            pair = _of_two(paths, contents)
        else:
            pair = _of_one({name: value for x in contents for name, value in x.items()})
    except CalibrationError as error:
        text = str(error)
        if not text.startswith(tuple(map(str, paths))):
            text = f'{names}: {text}'
        raise CalibrationError(text, error.side) from error
    return pair


def _load(path: str | Path) -> Content:
    try:
        return load(path)
    except CalibrationError as error:
        raise CalibrationError(f'{path}: {error}') from error


def _of_two(paths: list[str | Path], contents: list[Content]) -> StereoCalibration:
    cameras = []
    for side, path, content in zip(('left', 'right'), paths, contents, strict=True):
        try:
            with concerning(side):
                cameras.append(camera_in(content))
        except CalibrationError as error:
            raise CalibrationError(f'{path}: {error}', side) from error
    return StereoCalibration(cameras[0], cameras[1])


def _of_one(content: Content) -> StereoCalibration:
    if is_camera(content):
        raise CalibrationError('is the calibration of one camera: name that of the right one too')
    left, right = (content.get(side) for side in ('left', 'right'))
    if isinstance(left, dict) and isinstance(right, dict) and is_camera(left) and is_camera(right):
        return StereoCalibration(camera_in(left), camera_in(right))
    for read in READERS:
        pair = read(content)
        if pair is not None:
            return pair
    raise CalibrationError(f'is not a stereo calibration in a format that can be read: {HOW_TO}')
