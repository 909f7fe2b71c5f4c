# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The left image as it was matched."""

from __future__ import annotations

import cv2
from sensor_msgs.msg import Image

from crestereo_ros.nodes.depth.outputs.output import Output
from crestereo_ros.nodes.depth.publication import Publication
from crestereo_ros.nodes.image_messages import to_message


class RectifiedOutput(Output):
    topic = 'left/image_rect_color'
    message_type = Image

    def message(self, publication: Publication) -> Image:
        """
        Return the rectified left image, in colour or grey as it came, with depth's stamp.

        Colours are rgb8, which every consumer accepts: nvblox does not accept bgr8.
        """
        left = publication.result.pair.left
        if left.ndim == 2:
            return to_message(left, 'mono8', publication.header)
        return to_message(cv2.cvtColor(left, cv2.COLOR_BGR2RGB), 'rgb8', publication.header)
