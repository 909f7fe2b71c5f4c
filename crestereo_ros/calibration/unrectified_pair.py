# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Two cameras whose relative pose is known, and the rectification that follows from it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from crestereo_ros.calibration.camera_calibration import CameraCalibration
from crestereo_ros.calibration.distortion import check_distortion, lens_model
from crestereo_ros.calibration.errors import CalibrationError
from crestereo_ros.calibration.stereo_calibration import one_above_the_other, StereoCalibration


@dataclass(frozen=True, eq=False)
class RawCamera:
    """
    A camera as it was calibrated by itself.

    `k`: float64 (3, 3). `d`: float64 (N,), the coefficients of `model`. `size`: (width, height)
    of its images in pixels, None if it is not known.
    """

    k: np.ndarray
    d: np.ndarray
    model: str
    size: tuple[int, int] | None = None


def model_of(d: np.ndarray) -> str:
    """Return the model of OpenCV with a number of coefficients."""
    return 'plumb_bob' if len(d) <= 5 else 'rational_polynomial'


def rectified(
    left: RawCamera, right: RawCamera, rotation: np.ndarray, translation: np.ndarray
) -> StereoCalibration:
    """
    Return the calibration that rectifies the images of two cameras.

    :param rotation: (3, 3), from the axes of the left camera to those of the right one
    :param translation: (3,), metres: a point x of the left camera is
        `rotation @ x + translation` in the right one
    :raises CalibrationError: if they cannot be rectified together
    """
    models = [lens_model(x.model) if len(x.d) else 'plumb_bob' for x in (left, right)]
    if models[0] != models[1]:
        raise CalibrationError(f'the cameras have unequal lens models: {models[0]}, {models[1]}')
    if left.size != right.size:
        raise CalibrationError(
            f'the cameras have images of unequal sizes: {left.size}, {right.size}; calibrate them '
            'with the same settings'
        )
    for name, camera in (('left', left), ('right', right)):
        if len(camera.d):
            check_distortion(camera.model, len(camera.d), f'the {name} distortion')
        if not (camera.k[0, 0] > 0 and camera.k[1, 1] > 0):
            raise CalibrationError(f'the focal length of the {name} camera is not above 0')
    if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-3) or not translation.any():
        raise CalibrationError('rotation and translation are not those of two cameras')
    across, down = (-rotation.T @ translation)[:2]  # from the left to the right camera
    if abs(down) > abs(across):
        raise CalibrationError(one_above_the_other(float(down)))
    if across < 0:
        raise CalibrationError(
            f'the right camera would stand {-across:.3g} m left of the left one: exchange left '
            'and right'
        )
    # The size decides how much of the images is kept, not how they are turned.
    size = left.size or _likely_size(left.k)
    d_left, d_right = (camera.d if len(camera.d) else np.zeros(4) for camera in (left, right))
    # Some versions of OpenCV refuse views of other arrays.
    between = rotation.copy(), translation.reshape(3, 1).copy()
    flags = cv2.CALIB_ZERO_DISPARITY
    if models[0] == 'equidistant':
        turned = cv2.fisheye.stereoRectify(
            left.k, d_left, right.k, d_right, size, *between, flags=flags
        )[:4]
    else:
        turned = cv2.stereoRectify(
            left.k, d_left, right.k, d_right, size, *between, flags=flags, alpha=0
        )[:4]
    r_left, r_right, p_left, p_right = map(np.asarray, turned)
    cameras = [
        CameraCalibration(*size, models[0], d, camera.k, r, p)
        for camera, d, r, p in (
            (left, d_left, r_left, p_left),
            (right, d_right, r_right, p_right),
        )
    ]
    return StereoCalibration(cameras[0], cameras[1], left.size is not None)


def _likely_size(k: np.ndarray) -> tuple[int, int]:
    width, height = (round(2 * x) + 1 for x in k[:2, 2])
    if width <= 1 or height <= 1:
        raise CalibrationError('the principal point is not inside of the image')
    return width, height
