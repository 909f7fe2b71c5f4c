# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Disparity as colours."""

from __future__ import annotations

from sensor_msgs.msg import Image

from crestereo_ros.nodes.depth.outputs.output import Output
from crestereo_ros.nodes.depth.publication import Publication
from crestereo_ros.nodes.image_messages import to_message


class ColorOutput(Output):
    topic = 'disparity/image_color'
    message_type = Image

    def message(self, publication: Publication) -> Image:
        return to_message(publication.colors, 'bgr8', publication.header)
