# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How sure the disparity is."""

from __future__ import annotations

from sensor_msgs.msg import Image

from crestereo_ros.nodes.depth.outputs.output import Output
from crestereo_ros.nodes.depth.result import Result
from crestereo_ros.nodes.image_messages import to_message


class ConfidenceOutput(Output):
    topic = 'confidence'
    message_type = Image
    uses_confidence = True

    def message(self, result: Result) -> Image | None:
        """Return the confidence of every pixel, 0 to 1; None where it was not computed."""
        if result.confidence is None:  # the subscriber came after the match
            return None
        return to_message(result.confidence, '32FC1', result.header)
