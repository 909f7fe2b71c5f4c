# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Disparities as stereo_msgs/DisparityImage defines them."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np

from crestereo_ros.calibration import RegionOfInterest, StereoCalibration

SMALLEST = float(np.finfo(np.float32).tiny)


class DisparityFields(NamedTuple):
    """The fields of a message but `header`, and `image` as float32 (H, W)."""

    image: np.ndarray
    f: float
    t: float
    valid_window: RegionOfInterest
    min_disparity: float
    max_disparity: float
    delta_d: float


def to_fields(
    disparity: np.ndarray,
    depth: np.ndarray | None,
    color_range: tuple[float, float],
    calibration: StereoCalibration | None,
) -> DisparityFields:
    """
    Return the fields of a stereo_msgs/DisparityImage, whose `d = x_l - x_r - (cx_l - cx_r)`.

    Without calibration f and t are 0, so that depth from them is 0, never a number that looks
    right. The range is that of the colours, and wider where values lie beyond it.

    Pixels without a depth get one value below the range, and below all others of the image:
    consumers that let OpenCV reproject it know them by that (its `handleMissingValues`). With
    calibration that value is 0, where `f t / d` is infinite.

    :param disparity: float32 (H, W), `x_l - x_r` in pixels, NaN where it is unknown
    :param depth: float32 (H, W), not finite where there is no depth; None without calibration
    :param color_range: limits of the disparities that colours span, in pixels
    :param calibration: of the images that were matched, None without one
    """
    known = np.isfinite(disparity if depth is None else depth)
    offset = calibration.principal_offset if calibration else 0.0
    image = disparity - np.float32(offset)
    lowest, highest = (limit - offset for limit in color_range)
    window = RegionOfInterest()
    if known.any():
        least, most = cv2.minMaxLoc(image, known.view(np.uint8))[:2]
        lowest, highest = min(lowest, least), max(highest, most)
        window = seen_by_both(least + offset, most + offset, *known.shape)
    if calibration:
        lowest, highest = max(lowest, SMALLEST), max(highest, 1.0)
    np.copyto(image, 0.0 if lowest > 0 else lowest - 1.0, where=~known)
    return DisparityFields(
        image=image,
        f=calibration.focal_length if calibration else 0.0,
        t=calibration.baseline if calibration else 0.0,
        valid_window=window,
        min_disparity=lowest,
        max_disparity=highest,
        # The network rounds to no fraction of a pixel: the limit is what float32 can tell apart.
        delta_d=float(np.spacing(np.float32(max(abs(lowest), abs(highest))))),
    )


def seen_by_both(least: float, most: float, height: int, width: int) -> RegionOfInterest:
    """
    Return the columns of the left image that can show what the right camera sees, too.

    Those are the columns from which a disparity within the limits leads into the right image.

    :param least, most: limits of `x_l - x_r` in pixels
    """
    first, last = max(0, math.ceil(least)), min(width - 1, math.floor(width - 1 + most))
    if first > last:
        return RegionOfInterest()
    return RegionOfInterest(x_offset=first, width=last - first + 1, height=height)
