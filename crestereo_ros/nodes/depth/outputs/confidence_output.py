# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How sure the disparity is."""

from __future__ import annotations

from sensor_msgs.msg import Image

from crestereo_ros.nodes.depth.outputs.output import Output
from crestereo_ros.nodes.depth.publication import Publication
from crestereo_ros.nodes.image_messages import to_message


class ConfidenceOutput(Output):
    topic = 'confidence'
    message_type = Image

    def message(self, publication: Publication) -> Image:
        """Return the confidence of every pixel, 0 to 1."""
        return to_message(publication.result.confidence, '32FC1', publication.header)
