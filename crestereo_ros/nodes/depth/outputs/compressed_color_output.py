# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Disparity as colours, for slow networks."""

from __future__ import annotations

from array import array

import cv2
from sensor_msgs.msg import CompressedImage

from crestereo_ros.nodes.depth.outputs.output import Output
from crestereo_ros.nodes.depth.publication import Publication

JPEG = (cv2.IMWRITE_JPEG_QUALITY, 80)


class CompressedColorOutput(Output):
    topic = 'disparity/image_color/compressed'
    message_type = CompressedImage

    def message(self, publication: Publication) -> CompressedImage:
        """Return the colours as compressed_image_transport encodes them."""
        data = cv2.imencode('.jpg', publication.colors, JPEG)[1].tobytes()
        return CompressedImage(
            header=publication.header,
            format='bgr8; jpeg compressed bgr8',
            data=array('B', data),
        )
