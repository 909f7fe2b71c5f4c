# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files with the results of `cv2.stereoCalibrate`, under the names that people give them."""

from __future__ import annotations

from collections.abc import Iterator
import re

import cv2
import numpy as np

from crestereo_ros.calibration.camera_calibration import CameraCalibration
from crestereo_ros.calibration.documents import Content, matrix, vector
from crestereo_ros.calibration.errors import CalibrationError
from crestereo_ros.calibration.stereo_calibration import StereoCalibration
from crestereo_ros.calibration.unrectified_pair import model_of, RawCamera, rectified

# Names without case and marks. The side is 1 and 2, 0 and 1, l and r, left and right, before or
# after them.
MATRIX = 'm|k|mtx|camera|cameramatrix|cammatrix|intrinsic|intrinsics|intrinsicmatrix'
DISTORTION = 'd|dist|distcoeff|distcoeffs|distortion|distortions|distortioncoefficients'
LEFT, RIGHT = ('1', 'l', 'left'), ('2', 'r', 'right')
ROTATION = 'r', 'rot', 'rotation', 'rotationmatrix', 'stereor'
TRANSLATION = 't', 'trans', 'translation', 'translationvector', 'stereot'
SIZES = 'imagesize', 'imgsize', 'size', 'resolution', 'framesize'
WIDTHS, HEIGHTS = ('imagewidth', 'width'), ('imageheight', 'height')
MODELS = 'distortionmodel', 'cameramodel', 'model'


def read(content: Content) -> StereoCalibration | None:
    """Return the calibration; R1, R2, P1 and P2 are used as they are if the file has them."""
    known = dict(_flat(content))
    from_zero = any(_side(known, MATRIX, ('0',))) and not any(_side(known, MATRIX, ('2',)))
    sides: tuple[tuple[str, ...], ...] = (('0',), ('1',)) if from_zero else (LEFT, RIGHT)
    matrices = [next(_side(known, MATRIX, names), None) for names in sides]
    ks = [matrix(value, (3, 3)) for value in matrices]
    if ks[0] is None or ks[1] is None:
        return None
    distortions = [vector(next(_side(known, DISTORTION, names), [])) for names in sides]
    size = _size(known)
    model = str(next((known[name] for name in MODELS if name in known), ''))
    cameras = []
    for k, d in zip(ks, distortions, strict=True):
        if k is None or d is None:
            raise CalibrationError('the distortion is not a list of finite numbers')
        cameras.append(RawCamera(k, d, model or model_of(d), size))
    ready = _rectification(known, sides, cameras)
    if ready is not None:
        return ready
    rotation = matrix(_first(known, ROTATION), (3, 3), (3,))
    translation = matrix(_first(known, TRANSLATION), (3,))
    if rotation is None or translation is None:
        raise CalibrationError(
            'has the matrices of both cameras, but no R and T between them: name the file that '
            'has these too, or give both in one'
        )
    if rotation.shape == (3,):
        rotation, _ = cv2.Rodrigues(rotation)
    return rectified(cameras[0], cameras[1], rotation, translation)


def _rectification(
    known: Content, sides: tuple[tuple[str, ...], ...], cameras: list[RawCamera]
) -> StereoCalibration | None:
    rotations = [matrix(next(_side(known, 'r', names), None), (3, 3)) for names in sides]
    projections = [matrix(next(_side(known, 'p', names), None), (3, 4)) for names in sides]
    size = cameras[0].size or (0, 0)
    result = []
    for camera, r, p in zip(cameras, rotations, projections, strict=True):
        if r is None or p is None:
            return None
        width, height = camera.size or (round(2 * x) + 1 for x in p[:2, 2])
        d = camera.d if len(camera.d) else np.zeros(5)
        result.append(CameraCalibration(width, height, camera.model, d, camera.k, r, p))
    return StereoCalibration(result[0], result[1], all(size))


def _flat(content: Content, before: str = '') -> Iterator[tuple[str, object]]:
    """Yield names without case and marks, those of inner mappings after those of outer ones."""
    for name, value in content.items():
        plain = before + re.sub('[^a-z0-9]', '', str(name).lower())
        if isinstance(value, dict) and 'data' not in value:
            yield from _flat(value, plain)
        else:
            yield plain, value


def _side(known: Content, names: str, side: tuple[str, ...]) -> Iterator[object]:
    of_side = '|'.join(side)
    pattern = re.compile(rf'(camera|cam)?(({names})({of_side})|({of_side})({names}))')
    return (value for name, value in known.items() if pattern.fullmatch(name))


def _first(known: Content, names: tuple[str, ...]) -> object:
    return next((known[name] for name in names if name in known), None)


def _size(known: Content) -> tuple[int, int] | None:
    size = matrix(_first(known, SIZES), (2,))
    if size is None:
        size = matrix([_first(known, WIDTHS), _first(known, HEIGHTS)], (2,))
    return None if size is None else (int(size[0]), int(size[1]))
