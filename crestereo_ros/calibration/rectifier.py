# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Raw images to rectified ones."""

from __future__ import annotations

import cv2
import numpy as np

from crestereo_ros.calibration.camera_calibration import CameraCalibration
from crestereo_ros.calibration.distortion import check_distortion, lens_model
from crestereo_ros.calibration.errors import CalibrationError

MATRIX_TOLERANCE = 1e-6  # of R, and of K and P as a share of the focal length: less than any pixel
ROTATION_TOLERANCE = 1e-3  # what the rounding of files leaves R off from a rotation


class Rectifier:
    """
    Rectifies the images of one camera, by maps that are computed once.

    Images whose calibration leaves nothing to do are returned as they are.
    """

    def __init__(self, calibration: CameraCalibration) -> None:
        """
        Compute the maps from K, D, R and P, for images of the calibration's `image_size`.

        :raises CalibrationError: if images cannot be rectified by it; the text begins with the
            field
        """
        calibration.check()
        self._size = calibration.image_size
        calibration = calibration.scaled(*self._size)  # without binning and region of interest
        _check(calibration)
        self._maps = None if _is_identity(calibration) else _maps(calibration)
        seen = None if self._maps is None else _seen(*self._maps)
        self._seen = None if seen is None or seen.all() else seen

    @property
    def is_identity(self) -> bool:
        """Return whether the images are rectified as they come."""
        return self._maps is None

    @property
    def seen(self) -> np.ndarray | None:
        """Where the camera saw what a rectified image shows, bool (H, W); None for everywhere."""
        return self._seen

    def rectify(self, image: np.ndarray) -> np.ndarray:
        """
        Rectify an image.

        :param image: (H, W) or (H, W, C), of any type that OpenCV knows
        :returns: of the same shape and type, black around what the camera saw; the image
            itself if `is_identity`
        :raises CalibrationError: if the image is not of the calibration's size
        """
        width, height = self._size
        if image.shape[:2] != (height, width):
            raise CalibrationError(
                f'width and height give images of {height}x{width}, but the image is '
                f'{image.shape[0]}x{image.shape[1]} (height x width)'
            )
        if self._maps is None:
            return image
        return cv2.remap(image, *self._maps, cv2.INTER_LINEAR)


def _check(calibration: CameraCalibration) -> None:
    for name, values in (('K', calibration.k), ('D', calibration.d), ('R', calibration.r)):
        if not np.isfinite(values).all():
            raise CalibrationError(f'{name} has numbers that are not finite: calibrate the camera')
    if calibration.k[1, 1] == 0:
        raise CalibrationError('K[4] is 0, but a focal length is not: calibrate the camera')
    if not np.allclose(calibration.r @ calibration.r.T, np.eye(3), atol=ROTATION_TOLERANCE):
        raise CalibrationError('R is not a rotation: calibrate the cameras as a stereo pair')
    if not _has_no_lens(calibration):
        check_distortion(calibration.distortion_model, len(calibration.d))


def _has_no_lens(calibration: CameraCalibration) -> bool:
    """Return whether nothing is said of a lens, as drivers do that rectify by themselves."""
    return not lens_model(calibration.distortion_model) and not calibration.d.any()


def _is_identity(calibration: CameraCalibration) -> bool:
    # An equidistant lens bends lines with coefficients of 0 as well.
    fisheye = len(calibration.d) and lens_model(calibration.distortion_model) == 'equidistant'
    undistorted = not calibration.d.any() and not fisheye
    k, p = calibration.k, calibration.p[:, :3]
    return (
        undistorted
        and np.allclose(calibration.r, np.eye(3), rtol=0, atol=MATRIX_TOLERANCE)
        and np.allclose(k, p, rtol=0, atol=MATRIX_TOLERANCE * k[0, 0])
    )


def _maps(calibration: CameraCalibration) -> tuple[np.ndarray, np.ndarray]:
    """Return from which column and row each pixel of the rectified image comes."""
    fisheye = len(calibration.d) and lens_model(calibration.distortion_model) == 'equidistant'
    compute = (cv2.fisheye if fisheye else cv2).initUndistortRectifyMap
    return compute(
        calibration.k,
        calibration.d if calibration.d.any() else np.zeros(4),
        calibration.r,
        calibration.p[:, :3],
        (calibration.width, calibration.height),
        cv2.CV_32FC1,  # OpenCV 5 follows them exactly, OpenCV 4 to 1/32 pixel
    )


def _seen(columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return which pixels of the rectified image come from inside the raw one."""
    height, width = columns.shape
    inside = (columns >= 0) & (columns <= width - 1) & (rows >= 0) & (rows <= height - 1)
    # Far outside the model of a lens can fold over and lead back into the image, mirrored.
    (column_down, column_right), (row_down, row_right) = np.gradient(columns), np.gradient(rows)
    result: np.ndarray = inside & (column_right * row_down > column_down * row_right)
    return result
