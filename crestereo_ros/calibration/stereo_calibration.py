# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The calibration of a stereo pair, and depth from its disparity."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math

import numpy as np

from crestereo_ros.calibration.camera_calibration import CameraCalibration
from crestereo_ros.calibration.errors import CalibrationError, concerning

# Rectified images of one focal length have the same in both P; files round it.
FOCAL_LENGTH_TOLERANCE = 1e-3
PLAUSIBLE_BASELINES = 0.005, 5.0  # metres
USUAL_BASELINES = 0.01, 1.0  # metres
# What may have happened to a length that should be in metres, and what undoes it.
SLIPS = {
    'millimetres were written as metres': 1e-3,
    'centimetres were written as metres': 1e-2,
    'metres were taken for millimetres': 1e3,
}


@dataclass(frozen=True, eq=False)
class StereoCalibration:
    """
    The calibrations of two cameras whose rectified images are a stereo pair.

    Disparity is `x_left - x_right` in pixels, as a matcher measures it: `principal_offset` is not
    yet subtracted. Depth and points are as image_geometry's StereoCameraModel defines them, in
    metres in the left camera's optical frame (REP 103: x to the right, y down, z forward).
    """

    left: CameraCalibration
    right: CameraCalibration
    #: Whether their sizes are known; if not, they are guessed, and those of the images count.
    size_is_known: bool = True
    #: Calibrations of the same cameras for images of other sizes.
    alternatives: tuple[StereoCalibration, ...] = ()

    @property
    def baseline(self) -> float:
        """Return the distance of the cameras in metres, by the difference of both `P[3]`."""
        return float((self.left.p[0, 3] - self.right.p[0, 3]) / self.right.p[0, 0])

    @property
    def lacks_baseline(self) -> bool:
        """Tell whether `P` is there but for the distance of the cameras."""
        return bool(self.right.p[0, 0] > 0 and self.right.p[0, 3] == self.left.p[0, 3] == 0)

    @property
    def doubt(self) -> str:
        """What is hard to believe of the baseline, empty if nothing is."""
        least, most = PLAUSIBLE_BASELINES
        if least <= self.baseline <= most:
            return ''
        size = 'less' if self.baseline < least else 'more'
        guesses = [
            f'{self.baseline * factor:.3g} m, if {slip}'
            for slip, factor in SLIPS.items()
            if USUAL_BASELINES[0] <= self.baseline * factor <= USUAL_BASELINES[1]
        ]
        likely = f' It may be {" or ".join(guesses)}.' if guesses else ''
        return (
            f'the baseline is {self.baseline:.4g} m, which is {size} than stereo '
            f'cameras have, so depth may be wrong.{likely} Lengths are in metres; in camera_info, '
            'P[3] of the right camera is -P[0] times the baseline'
        )

    @property
    def focal_length(self) -> float:
        """Return the horizontal focal length in pixels, `P[0]` of the right camera."""
        return float(self.right.p[0, 0])

    @property
    def principal_offset(self) -> float:
        """Return `cx_left - cx_right` in pixels: the disparity of a point infinitely far away."""
        return float(self.left.p[0, 2] - self.right.p[0, 2])

    @classmethod
    def of_numbers(
        cls,
        width: int,
        height: int,
        focal_length: float,
        baseline: float,
        doffs: float = 0.0,
    ) -> StereoCalibration:
        """
        Return the calibration of a rectified pair of which little is known.

        The principal point of the left image is taken to be its centre.

        :param width, height: of the images, in pixels
        :param focal_length: in pixels of these images
        :param baseline: in metres
        :param doffs: how much further right, in pixels, the principal point of the right image
            is than that of the left one, as in files of Middlebury
        """
        cx, cy = (width - 1) / 2, (height - 1) / 2
        k = np.array([[focal_length, 0, cx], [0, focal_length, cy], [0, 0, 1]])
        return cls.of_matrix((width, height), k, baseline, doffs)

    @classmethod
    def of_matrix(
        cls,
        size: tuple[int, int],
        k: np.ndarray,
        baseline: float,
        doffs: float = 0.0,
        size_is_known: bool = True,
    ) -> StereoCalibration:
        """
        Return the calibration of a rectified pair.

        :param size: (width, height) of the images
        :param k: (3, 3), of the left camera
        :param baseline, doffs: as of `of_numbers`
        """
        p = np.hstack([k, np.zeros((3, 1))])
        left = CameraCalibration(*size, 'plumb_bob', d=np.zeros(5), k=k.copy(), r=np.eye(3), p=p)
        p_right = p.copy()
        p_right[0, 2] += doffs
        p_right[0, 3] = -k[0, 0] * baseline
        right = replace(left, k=p_right[:, :3].copy(), p=p_right)
        return cls(left, right, size_is_known)

    def completed(self, baseline: float = 0.0) -> StereoCalibration:
        """
        Return the calibration of rectified images with what drivers leave out.

        Where `P` is nothing but zeros, it follows from `K`, which holds for rectified images.

        :param baseline: in metres, for a right `P` without one; 0 if it is not known
        """
        left, right = (
            replace(camera, p=np.hstack([camera.k, np.zeros((3, 1))]))
            if not camera.p.any() and camera.k[0, 0] > 0
            else camera
            for camera in (self.left, self.right)
        )
        if baseline and right.p[0, 3] == 0:
            p = right.p.copy()
            p[0, 3] = -p[0, 0] * baseline
            right = replace(right, p=p)
        return replace(self, left=left, right=right)

    def with_disparity_offset(self, offset: float) -> StereoCalibration:
        """
        Return the calibration of a pair whose disparities are all so much too large.

        :param offset: in pixels; it becomes part of `principal_offset`
        """
        p = self.right.p.copy()
        p[0, 2] -= offset
        return replace(self, right=replace(self.right, p=p))

    def check(self) -> None:
        """
        Check that depth can be had from the pair.

        :raises CalibrationError: for the first fault
        """
        for side, camera in (('left', self.left), ('right', self.right)):
            with concerning(side):
                camera.check()
        self._check_equal_sizes()
        for index in (0, 5):
            lengths = self.left.p.flat[index], self.right.p.flat[index]
            if not math.isclose(*lengths, rel_tol=FOCAL_LENGTH_TOLERANCE):
                raise CalibrationError(
                    f'P[{index}] is {lengths[0]:g} on the left and {lengths[1]:g} on the right, '
                    'but a rectified pair has one focal length: calibrate the cameras as a '
                    'stereo pair'
                )
        across, down = (
            float(self.left.p[i, 3] - self.right.p[i, 3]) / self.right.p[i, i] for i in (0, 1)
        )
        if abs(down) > abs(across):
            raise CalibrationError(
                f'P[7] is {self.right.p[1, 3]:g}, so {one_above_the_other(down)}'
            )
        if across == 0:
            raise CalibrationError(
                f'P[3] is {self.right.p[0, 3]:g}, so the distance of the cameras is missing: set '
                'the parameter baseline, or calibrate the cameras as a stereo pair',
                'right',
            )
        if across < 0:
            raise CalibrationError(
                f'P[3] is {self.left.p[0, 3]:g} on the left and {self.right.p[0, 3]:g} on the '
                'right, so the right camera would stand left of the left one: exchange left and '
                'right, or mend the sign of P[3]'
            )

    def of_size(self, width: int, height: int) -> StereoCalibration:
        """
        Return the calibration for images of a size, if there is one for each size, or for any.

        :param width, height: of both images, in pixels
        """
        for each in (self, *self.alternatives):
            if each.left.image_size == (width, height):
                return each
        if self.size_is_known:
            return self
        left, right = (
            replace(camera, width=width, height=height) for camera in (self.left, self.right)
        )
        return StereoCalibration(left, right)

    def for_image(self, width: int, height: int) -> StereoCalibration:
        """
        Return the calibration of the images that really came.

        Binning and the regions of interest are applied, as sensor_msgs/CameraInfo defines them,
        and so is a scaling of the images after the camera.

        :param width, height: of both images, in pixels
        :raises CalibrationError: for what `check` refuses, or an image of another shape than the
            cameras'
        """
        self.check()
        if not self.size_is_known:
            self._check_centre(width, height)
        fitting = self.of_size(width, height)
        if fitting is not self:
            return fitting.for_image(width, height)
        left, right = self.left.binned_once(), self.right.binned_once()
        own_width, own_height = left.image_size
        if not left.has_aspect_of(width, height):
            raise CalibrationError(
                f'width and height give images of {own_height}x{own_width}, but the images are '
                f'{height}x{width} (height x width), which is a different shape: give the '
                'calibration of this camera and of its whole image'
            )
        return StereoCalibration(left.scaled(width, height), right.scaled(width, height))

    def depth(
        self, disparity: np.ndarray, nearest: float = 0.0, farthest: float = math.inf
    ) -> np.ndarray:
        """
        Return the depth of every pixel: `Z = f * baseline / (disparity - principal_offset)`.

        That is the formula of stereo_msgs/DisparityImage. What it leaves unknown is marked as in
        REP 117.

        :param disparity: float32 (H, W), pixels of the images that this calibration is for
        :param nearest, farthest: the limits of depth in metres
        :returns: float32 (H, W), metres; nan where the disparity is not finite, -inf for points
            before `nearest`, +inf for points beyond `farthest`, infinitely far away or with
            smaller disparities than those
        """
        shift = disparity - np.float32(self.principal_offset)
        with np.errstate(divide='ignore', over='ignore', invalid='ignore'):
            depth = np.float32(self.focal_length * self.baseline) / shift
            # In this order: a shift below 0 gives a depth below 0, but is behind infinity.
            depth[depth < nearest] = -np.inf
            depth[(depth > farthest) | (shift <= 0)] = np.inf
        depth[~np.isfinite(shift)] = np.nan
        return depth

    def points(
        self, depth: np.ndarray, stride: int = 1, out: np.ndarray | None = None
    ) -> np.ndarray:
        """
        Return the points that the pixels of the left image show.

        :param depth: float32 (H, W), metres, as `depth` returns it
        :param stride: take only each such row and column, beginning with the first
        :param out: float32, of the shape of the result, where to write it; None for a new array
        :returns: float32 (H / stride, W / stride, 3), rounded up, x, y and z in metres; all three
            nan where the depth is not finite
        """
        depth = depth[::stride, ::stride]
        height, width = depth.shape
        (fx, _, cx, _), (_, fy, cy, _) = self.left.p[:2]
        columns = ((stride * np.arange(width) - cx) / fx).astype(np.float32)
        rows = ((stride * np.arange(height) - cy) / fy).astype(np.float32)
        if out is None:
            out = np.empty((height, width, 3), np.float32)
        z = out[..., 2]
        np.copyto(z, depth)
        np.copyto(z, np.nan, where=np.isinf(depth))
        np.multiply(z, columns, out=out[..., 0])
        np.multiply(z, rows[:, None], out=out[..., 1])
        return out

    def _check_centre(self, width: int, height: int) -> None:
        cx, cy = self.left.k[:2, 2]
        if not (0.25 < cx / width < 0.75 and 0.25 < cy / height < 0.75):
            raise CalibrationError(
                f'the principal point is at ({cx:.0f}, {cy:.0f}), but the images are '
                f'{width}x{height} (width x height): the calibration, which names no size, is for '
                'another one'
            )

    def _check_equal_sizes(self) -> None:
        for name, left, right in (
            ('width and height', *((c.width, c.height) for c in (self.left, self.right))),
            ('roi and binning', self.left.image_size, self.right.image_size),
        ):
            if left != right:
                raise CalibrationError(
                    f'{name} give images of {left[1]}x{left[0]} on the left and '
                    f'{right[1]}x{right[0]} on the right (height x width), but a pair has one '
                    'size: give both cameras the same settings, and calibrate them so'
                )


def one_above_the_other(down: float) -> str:
    """
    Say what to do with such cameras.

    :param down: how much lower the right camera is, in metres
    """
    way = 'counterclockwise' if down > 0 else 'clockwise'
    return (
        f'the cameras stand one above the other, {abs(down):.3g} m apart: turn both images by 90 '
        f'degrees {way}, so that the left camera is left of the right one, and calibrate the '
        'turned images as a stereo pair'
    )
