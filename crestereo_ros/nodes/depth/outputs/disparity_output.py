# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Disparity in pixels."""

from __future__ import annotations

import math

import cv2
import numpy as np
from sensor_msgs.msg import RegionOfInterest
from stereo_msgs.msg import DisparityImage

from crestereo_ros.nodes.depth.outputs.output import Output
from crestereo_ros.nodes.depth.result import Result
from crestereo_ros.nodes.image_messages import to_message

SMALLEST = float(np.finfo(np.float32).tiny)


class DisparityOutput(Output):
    topic = 'disparity'
    message_type = DisparityImage

    def message(self, result: Result) -> DisparityImage:
        """
        Fill a stereo_msgs/DisparityImage, whose `d = x_l - x_r - (cx_l - cx_r)`.

        Without calibration f and t are 0, so that depth from them is 0, never a number that looks
        right. The range is that of the colours, and wider where values lie beyond it.

        Pixels without a depth get one value below the range, and below all others of the image:
        consumers that let OpenCV reproject it know them by that (its `handleMissingValues`). With
        calibration that value is 0, where `f t / d` is infinite.
        """
        calibration, header = result.calibration, result.header
        offset = calibration.principal_offset if calibration else 0.0
        known = np.isfinite(result.disparity if result.depth is None else result.depth)
        disparity = result.disparity - np.float32(offset)
        lowest, highest = (limit - offset for limit in result.color_range)
        window = RegionOfInterest()
        if known.any():
            least, most = cv2.minMaxLoc(disparity, known.view(np.uint8))[:2]
            lowest, highest = min(lowest, least), max(highest, most)
            window = seen_by_both(least + offset, most + offset, *known.shape)
        if calibration:
            lowest, highest = max(lowest, SMALLEST), max(highest, 1.0)
        np.copyto(disparity, 0.0 if lowest > 0 else lowest - 1.0, where=~known)
        return DisparityImage(
            header=header,
            image=to_message(disparity, '32FC1', header),
            f=calibration.focal_length if calibration else 0.0,
            t=calibration.baseline if calibration else 0.0,
            valid_window=window,
            min_disparity=lowest,
            max_disparity=highest,
            # The network rounds to no fraction of a pixel: the limit is what float32 can tell
            # apart.
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
