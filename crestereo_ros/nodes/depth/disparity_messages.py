# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Disparity and calibration to stereo_msgs/DisparityImage."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from sensor_msgs.msg import CameraInfo, RegionOfInterest
from std_msgs.msg import Header
from stereo_msgs.msg import DisparityImage

from crestereo_ros.errors import CrestereoError
from crestereo_ros.nodes.image_messages import to_message


class UncalibratedError(CrestereoError):
    """Calibration that is missing or gives no depth; the text says what and how to mend it."""


@dataclass(frozen=True)
class StereoGeometry:
    """
    What turns disparity into depth: `Z = focal_length * baseline / disparity`.

    `focal_length` is in pixels of the image, `baseline` in metres. `principal_offset` is
    `cx_left - cx_right` in pixels: the disparity of a point infinitely far away.
    """

    focal_length: float
    baseline: float
    principal_offset: float


# The fields of DisparityImage for a pair without calibration: depth from it is 0, never a number
# that looks right.
UNCALIBRATED = StereoGeometry(0.0, 0.0, 0.0)


def stereo_geometry(
    left: CameraInfo | None, right: CameraInfo | None, image_width: int
) -> StereoGeometry:
    """
    Read the geometry of a rectified pair off its two calibrations.

    `P` of sensor_msgs/CameraInfo holds for the full resolution; binning and an image scaled
    since are told from the width of the image that it came with.

    :param left, right: the cameras' calibration, None where it never arrived.
    :param image_width: of the images that were matched, in pixels.
    :raises UncalibratedError: if there is no depth to be had from them.
    """
    for side, info in (('left', left), ('right', right)):
        if info is None:
            raise UncalibratedError(f'no {side}/camera_info arrived')
        if info.k[0] == 0 or info.p[0] == 0:
            raise UncalibratedError(
                f'{side}/camera_info is of an uncalibrated camera (K[0] or P[0] is 0): '
                'calibrate it'
            )
    baseline = -right.p[3] / right.p[0]
    if baseline <= 0 or not math.isfinite(baseline):
        raise UncalibratedError(
            f'P[3] of right/camera_info, which is -fx * baseline, gives a baseline of {baseline:g}'
            ' m: exchange left and right, or calibrate them as a stereo pair'
        )
    scale = image_width / _covered_width(right) if _covered_width(right) else 1.0
    return StereoGeometry(
        focal_length=right.p[0] * scale,
        baseline=baseline,
        principal_offset=(_principal_x(left) - _principal_x(right)) * scale,
    )


def to_disparity_message(
    shift: np.ndarray, limits: tuple[float, float], geometry: StereoGeometry, header: Header
) -> DisparityImage:
    """
    Fill a stereo_msgs/DisparityImage, whose `d = x_l - x_r - (cx_l - cx_r)`.

    :param shift: float32 (H, W), `x_l - x_r` in pixels as a matcher measures it.
    :param limits: the lowest and highest shift that viewers should colour; values beyond them
        still lie between `min_disparity` and `max_disparity`.
    :param header: of the left image.
    """
    height, width = shift.shape
    disparity = shift - np.float32(geometry.principal_offset)
    finite = disparity[np.isfinite(disparity)]
    lowest, highest = (limit - geometry.principal_offset for limit in limits)
    lowest = min(lowest, float(finite.min(initial=lowest)))
    highest = max(highest, float(finite.max(initial=highest)))
    return DisparityImage(
        header=header,
        image=to_message(disparity, '32FC1', header),
        f=geometry.focal_length,
        t=geometry.baseline,
        valid_window=RegionOfInterest(width=width, height=height),
        min_disparity=lowest,
        max_disparity=highest,
        # The network rounds to no fraction of a pixel: what float32 can tell apart is the limit.
        delta_d=float(np.spacing(np.float32(max(abs(lowest), abs(highest))))),
    )


def _covered_width(info: CameraInfo) -> int:
    """Return how many pixels of the full resolution the image spans."""
    return info.roi.width or info.width


def _principal_x(info: CameraInfo) -> float:
    return info.p[2] - info.roi.x_offset
