# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Disparity in pixels."""

from __future__ import annotations

from dataclasses import asdict

from sensor_msgs.msg import RegionOfInterest
from stereo_msgs.msg import DisparityImage

from crestereo_ros.messages import disparities
from crestereo_ros.nodes.depth.outputs.output import Output
from crestereo_ros.nodes.depth.publication import Publication
from crestereo_ros.nodes.image_messages import to_message


class DisparityOutput(Output):
    topic = 'disparity'
    message_type = DisparityImage

    def message(self, publication: Publication) -> DisparityImage:
        """Return the disparity of every pixel. See `messages.disparities.to_fields`."""
        result = publication.result
        fields = disparities.to_fields(
            result.disparity, result.depth, result.color_range, result.calibration
        )
        return DisparityImage(
            header=publication.header,
            image=to_message(fields.image, '32FC1', publication.header),
            f=fields.f,
            t=fields.t,
            valid_window=RegionOfInterest(**asdict(fields.valid_window)),
            min_disparity=fields.min_disparity,
            max_disparity=fields.max_disparity,
            delta_d=fields.delta_d,
        )
