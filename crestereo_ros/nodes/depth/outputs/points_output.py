# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth as a cloud of coloured points."""

from __future__ import annotations

from array import array
import sys

import cv2
import numpy as np
from sensor_msgs.msg import PointCloud2, PointField

from crestereo_ros.nodes.depth.outputs.output import Output
from crestereo_ros.nodes.depth.publication import Publication
from crestereo_ros.nodes.message_data import with_data

# The 32-bit words of a point, as in stereo_image_proc's point_cloud_node: padded as in PCL, or
# packed, with `avoid_point_cloud_padding`.
PADDED = ('x', 'y', 'z', '', 'rgb', '', '', '')
PACKED = ('x', 'y', 'z', 'rgb')
WORD = 4  # bytes


class PointsOutput(Output):
    topic = 'points2'
    message_type = PointCloud2
    needs_calibration = True

    _data = array('B')

    def message(self, publication: Publication) -> PointCloud2 | None:
        """
        Return the points of the left image, in its rows and columns, None without depth.

        All messages of one size share the same memory for their data: allocating several megabytes
        can take longer than everything else.
        """
        result = publication.result
        if result.calibration is None:
            return None
        settings = publication.settings
        left = result.pair.left[:: settings.point_cloud_stride, :: settings.point_cloud_stride]
        height, width = left.shape[:2]
        layout = PACKED if settings.avoid_point_cloud_padding else PADDED
        step = WORD * len(layout)
        if len(self._data) != height * width * step:
            self._data = array('B', bytes(height * width * step))
        words = np.frombuffer(self._data, np.float32).reshape(height, width, len(layout))
        result.points(settings.point_cloud_stride, words[..., :3])
        words[..., layout.index('rgb')] = packed_colors(left)
        message = PointCloud2(
            header=publication.header,
            height=height,
            width=width,
            fields=[
                PointField(name=name, offset=WORD * index, datatype=PointField.FLOAT32, count=1)
                for index, name in enumerate(layout)
                if name
            ],
            is_bigendian=sys.byteorder == 'big',
            point_step=step,
            row_step=width * step,
            is_dense=False,  # some points may be nan
        )
        return with_data(message, self._data)


def packed_colors(image: np.ndarray) -> np.ndarray:
    """
    Return the colours of an image as PointCloud2 packs them: 0x00RRGGBB.

    :param image: uint8 (H, W) or (H, W, 3) BGR
    :returns: float32 (H, W), whose bits are the packed colours
    """
    code = cv2.COLOR_GRAY2BGRA if image.ndim == 2 else cv2.COLOR_BGR2BGRA
    bgra = cv2.cvtColor(np.ascontiguousarray(image), code)
    words = bgra.view('<u4')[..., 0]
    return (words & 0x00FFFFFF).astype(np.uint32, copy=False).view(np.float32)
