# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth as an image."""

from __future__ import annotations

from sensor_msgs.msg import Image

from crestereo_ros.nodes.depth.outputs.output import Output
from crestereo_ros.nodes.depth.publication import Publication
from crestereo_ros.nodes.image_messages import to_message


class DepthOutput(Output):
    topic = 'depth/image_rect'
    message_type = Image
    needs_calibration = True

    def message(self, publication: Publication) -> Image | None:
        """Return the depth of every pixel of the left image, None without a calibration."""
        if publication.depth is None:
            return None
        encoding = publication.settings.depth_encoding
        return to_message(publication.depth, encoding, publication.header)
