# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth as an image."""

from __future__ import annotations

from sensor_msgs.msg import Image

from crestereo_ros.calibration import millimetres
from crestereo_ros.nodes.depth.outputs.output import Output
from crestereo_ros.nodes.depth.publication import Publication
from crestereo_ros.nodes.image_messages import to_message


class DepthOutput(Output):
    topic = 'depth/image_rect'
    message_type = Image
    needs_calibration = True

    def message(self, publication: Publication) -> Image | None:
        """
        Return the depth of every pixel of the left image, None without a calibration.

        In the encodings of REP 118: metres, with what is no depth as in REP 117, or millimetres
        with 0 for that.
        """
        depth, encoding = publication.result.depth, publication.settings.depth_encoding
        if depth is not None and encoding == '16UC1':
            depth = millimetres(depth)
        return None if depth is None else to_message(depth, encoding, publication.header)
