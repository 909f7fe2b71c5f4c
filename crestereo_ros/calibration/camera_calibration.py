# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The calibration of one camera."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
import math

import numpy as np

from crestereo_ros.calibration.errors import CalibrationError
from crestereo_ros.calibration.region_of_interest import RegionOfInterest

ASPECT_TOLERANCE = 0.01  # how far the ratio of width and height may be off, beside rounding


@dataclass(frozen=True, eq=False)
class CameraCalibration:
    """
    What sensor_msgs/CameraInfo says of one camera.

    `width`, `height`, `k` and `p` hold for the full resolution. The image shows `roi` of it, in
    pixels that each combine `binning` (x, y) pixels of the full resolution. Focal lengths and
    principal points are in pixels, and the centre of the upper left pixel is (0, 0), as in
    OpenCV. `p[0, 3]` of a right camera is `-fx * baseline`, with the baseline in metres.

    `d`: float64 (N,), the coefficients of `distortion_model`. `k`: float64 (3, 3), of the raw
    image. `r`: float64 (3, 3), the rotation that rectifies. `p`: float64 (3, 4), of the rectified
    image.
    """

    width: int
    height: int
    distortion_model: str
    d: np.ndarray
    k: np.ndarray
    r: np.ndarray
    p: np.ndarray
    binning: tuple[int, int] = (1, 1)
    roi: RegionOfInterest = field(default_factory=RegionOfInterest)

    @property
    def image_size(self) -> tuple[int, int]:
        """Return (width, height) in pixels of the images: the region of interest, binned."""
        width, height = self._region_size()
        return width // self.binning[0], height // self.binning[1]

    def check(self) -> None:
        """
        Check what depth needs: the sizes and `p`.

        :raises CalibrationError: for the first fault; the text begins with the field
        """
        if self.k[0, 0] == 0:
            raise CalibrationError('K[0] is 0, so the camera is not calibrated: calibrate it')
        for index, value in enumerate(self.p.flat):
            if not math.isfinite(value):
                raise CalibrationError(
                    f'P[{index}] is {value:g}, not a finite number: calibrate the camera again'
                )
        lengths = ('P[0]', self.p[0, 0]), ('P[5]', self.p[1, 1]), ('K[0]', self.k[0, 0])
        for name, length in lengths:
            if length <= 0:
                raise CalibrationError(
                    f'{name} is {length:g}, but a focal length is above 0: calibrate the camera '
                    'again'
                )
        for name, side in (('width', self.width), ('height', self.height)):
            if side <= 0:
                raise CalibrationError(
                    f'{name} is {side}: set it to that of the images that were calibrated'
                )
        self._check_region()

    def binned_once(self) -> CameraCalibration:
        """
        Return the calibration without a binning that is in its numbers already.

        Some drivers divide `k` and `p` by the binning, but neither width nor height. Then the
        principal point is in the middle of the binned image, not of the full one.
        """
        if self.binning == (1, 1) or self.roi != RegionOfInterest():
            return self
        size, binning = np.array([self.width, self.height]), np.array(self.binning)
        off = np.abs(self.k[:2, 2] / size - 0.5)
        off_binned = np.abs(self.k[:2, 2] * binning / size - 0.5)
        if not (off_binned < off)[binning > 1].all():
            return self
        width, height = (size // binning).tolist()
        return replace(self, width=width, height=height, binning=(1, 1))

    def has_aspect_of(self, width: int, height: int) -> bool:
        """Return whether an image of a size can be a scaled one of this camera."""
        own_width, own_height = self.image_size
        rounding = (own_width + own_height) / 2  # half a pixel in width and in height
        return abs(width * own_height - height * own_width) <= rounding or math.isclose(
            width / own_width, height / own_height, rel_tol=ASPECT_TOLERANCE
        )

    def scaled(self, width: int, height: int) -> CameraCalibration:
        """
        Return the calibration of the camera's images after they were scaled to a size.

        The result has neither binning nor a region of interest: both are applied, then what is
        left of the scale. `p[0, 3]` is scaled with the focal length, which keeps the baseline;
        `d` and `r` hold for any size. As image_geometry's PinholeCameraModel does it, but that
        moves no principal point by the half pixel between corner and centre.

        :param width, height: in pixels
        """
        binned_width, binned_height = self.image_size
        scale = np.array(
            [width / binned_width / self.binning[0], height / binned_height / self.binning[1]]
        )
        # The corner of the image is half a pixel before the centre of its first pixel.
        corner = np.array([self.roi.x_offset, self.roi.y_offset]) - 0.5
        return replace(
            self,
            width=width,
            height=height,
            k=_moved(self.k, scale, corner),
            p=_moved(self.p, scale, corner),
            binning=(1, 1),
            roi=RegionOfInterest(),
        )

    def rectified(self) -> CameraCalibration:
        """Return the calibration of the rectified images: undistorted, with the `k` of `p`."""
        return replace(
            self,
            distortion_model='plumb_bob',
            d=np.zeros(5),
            k=self.p[:, :3].copy(),
            r=np.eye(3),
        )

    def _region_size(self) -> tuple[int, int]:
        return self.roi.width or self.width, self.roi.height or self.height

    def _check_region(self) -> None:
        width, height = self._region_size()
        inside = (
            0 <= self.roi.x_offset <= self.width - width
            and 0 <= self.roi.y_offset <= self.height - height
        )
        if not inside:
            raise CalibrationError(
                f'roi of {height}x{width} at row {self.roi.y_offset}, column {self.roi.x_offset} '
                f'does not lie within {self.height}x{self.width} (height x width)'
            )
        for name, binning, side in zip('xy', self.binning, (width, height), strict=True):
            if not 0 < binning <= side:
                raise CalibrationError(
                    f'binning_{name} is {binning}, but the image has {side} pixels to combine'
                )


def _moved(matrix: np.ndarray, scale: np.ndarray, corner: np.ndarray) -> np.ndarray:
    """Return a matrix that projects to pixels of an image with another scale and corner."""
    result = matrix.copy()
    result[:2] *= scale[:, None]
    result[:2, 2] = scale * (matrix[:2, 2] - corner) - 0.5
    return result
