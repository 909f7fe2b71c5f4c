# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth as an image for slow networks."""

from __future__ import annotations

from array import array

from sensor_msgs.msg import CompressedImage

from crestereo_ros.messages import compressed_depths
from crestereo_ros.nodes.depth.outputs.output import Output
from crestereo_ros.nodes.depth.publication import Publication


class CompressedDepthOutput(Output):
    topic = 'depth/image_rect/compressedDepth'
    message_type = CompressedImage
    needs_calibration = True

    def message(self, publication: Publication) -> CompressedImage | None:
        """Return the depth image as compressed_depth_image_transport encodes it, or None."""
        depth, encoding = publication.depth, publication.settings.depth_encoding
        if depth is None:
            return None
        farthest = publication.result.settings.max_depth
        kind, data = compressed_depths.encode(depth, encoding, farthest)
        return CompressedImage(header=publication.header, format=kind, data=array('B', data))
