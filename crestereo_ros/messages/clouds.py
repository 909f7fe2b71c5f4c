# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Clouds of coloured points as stereo_image_proc writes them into sensor_msgs/PointCloud2."""

from __future__ import annotations

import sys
from typing import Any

import cv2
import numpy as np

# The 32 bit words of a point, by stereo_image_proc's point_cloud_node: as the PCL pads its points,
# and, with `avoid_point_cloud_padding`, without that.
PADDED = ('x', 'y', 'z', '', 'rgb', '', '', '')
PACKED = ('x', 'y', 'z', 'rgb')
WORD = 4  # bytes
FLOAT32 = 7  # of sensor_msgs/PointField


def to_fields(
    height: int, width: int, layout: tuple[str, ...], is_dense: bool = False
) -> dict[str, Any]:
    """
    Return the fields of a sensor_msgs/PointCloud2 but `header` and `data`.

    :param height, width: of the cloud in points; a cloud without order has one row
    :param layout: `PADDED` or `PACKED`
    :param is_dense: whether no point is NaN
    :returns: `fields` are dicts of the fields of sensor_msgs/PointField
    """
    step = WORD * len(layout)
    return {
        'height': height,
        'width': width,
        'fields': [
            {'name': name, 'offset': WORD * index, 'datatype': FLOAT32, 'count': 1}
            for index, name in enumerate(layout)
            if name
        ],
        'is_bigendian': sys.byteorder == 'big',
        'point_step': step,
        'row_step': width * step,
        'is_dense': is_dense,
    }


def packed_colors(image: np.ndarray) -> np.ndarray:
    """
    Return the colours of an image as PointCloud2 packs them: 0x00RRGGBB.

    :param image: uint8 (H, W) or (H, W, 3) BGR
    :returns: float32 (H, W), of which only the bits mean something
    """
    code = cv2.COLOR_GRAY2BGRA if image.ndim == 2 else cv2.COLOR_BGR2BGRA
    bgra = cv2.cvtColor(np.ascontiguousarray(image), code)
    words = bgra.view('<u4')[..., 0]
    return (words & 0x00FFFFFF).astype(np.uint32, copy=False).view(np.float32)
