# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Disparity in pixels."""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import RegionOfInterest
from stereo_msgs.msg import DisparityImage

from crestereo_ros.nodes.depth.outputs.output import Output
from crestereo_ros.nodes.depth.result import Result
from crestereo_ros.nodes.image_messages import to_message


class DisparityOutput(Output):
    topic = 'disparity'
    message_type = DisparityImage

    def message(self, result: Result) -> DisparityImage:
        """
        Fill a stereo_msgs/DisparityImage, whose `d = x_l - x_r - (cx_l - cx_r)`.

        Without calibration f and t are 0, so that depth from them is 0, never a number that looks
        right. The range is that of the colours, and wider where values lie beyond it.
        """
        calibration, header = result.calibration, result.header
        offset = calibration.principal_offset if calibration else 0.0
        disparity = result.match.disparity - np.float32(offset)
        height, width = disparity.shape
        finite = disparity[np.isfinite(disparity)]
        lowest, highest = (limit - offset for limit in result.color_range)
        lowest = min(lowest, float(finite.min(initial=lowest)))
        highest = max(highest, float(finite.max(initial=highest)))
        return DisparityImage(
            header=header,
            image=to_message(disparity, '32FC1', header),
            f=calibration.focal_length if calibration else 0.0,
            t=calibration.baseline if calibration else 0.0,
            valid_window=RegionOfInterest(width=width, height=height),
            min_disparity=lowest,
            max_disparity=highest,
            # The network rounds to no fraction of a pixel: the limit is what float32 can tell
            # apart.
            delta_d=float(np.spacing(np.float32(max(abs(lowest), abs(highest))))),
        )
