# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth as a cloud of coloured points."""

from __future__ import annotations

from array import array
from time import monotonic
from typing import Any

import numpy as np
from sensor_msgs.msg import PointCloud2, PointField

from crestereo_ros.messages import clouds
from crestereo_ros.nodes.depth.outputs.output import Output
from crestereo_ros.nodes.depth.publication import Publication
from crestereo_ros.nodes.message_data import with_data
from crestereo_ros.pipeline.thinning import chosen_points


class PointsOutput(Output):
    topic = 'points2'
    message_type = PointCloud2
    needs_calibration = True

    _data = array('B')
    _due = 0.0  # monotonic seconds

    def message(self, publication: Publication) -> PointCloud2 | None:
        """
        Return the points of the left image, None without depth or where the rate leaves it out.

        They are in rows and columns, unless a region or voxels choose some of them. All messages
        of one size share the same memory for their data: allocating several megabytes can take
        longer than everything else.
        """
        result, settings = publication.result, publication.settings
        if result.calibration is None or not self._is_due(settings.point_cloud_rate):
            return None
        stride = settings.point_cloud_stride
        left = result.pair.left[::stride, ::stride]
        layout = clouds.PACKED if settings.avoid_point_cloud_padding else clouds.PADDED
        rgb = layout.index('rgb')
        if settings.point_cloud_region is None and not settings.point_cloud_voxel:
            height, width = left.shape[:2]
            words = self._words(height, width, len(layout))
            result.points(stride, words[..., :3])
            words[..., rgb] = clouds.packed_colors(left)
            return self._message(publication, clouds.to_fields(height, width, layout))
        points = result.points(stride)
        assert points is not None  # there is a calibration
        points = points.reshape(-1, 3)
        chosen = chosen_points(points, settings.point_cloud_region, settings.point_cloud_voxel)
        words = self._words(1, len(chosen), len(layout))
        words[0, :, :3] = points[chosen]
        words[0, :, rgb] = clouds.packed_colors(left).reshape(-1)[chosen]
        fields = clouds.to_fields(1, len(chosen), layout, is_dense=True)
        return self._message(publication, fields)

    def _is_due(self, rate: float) -> bool:
        now = monotonic()
        if not rate:
            return True
        if now < self._due:
            return False
        # Not from now on: of images that come a bit late, none more than the others is left out.
        self._due = max(self._due, now - 1 / rate) + 1 / rate
        return True

    def _words(self, height: int, width: int, length: int) -> np.ndarray:
        size = height * width * length * clouds.WORD
        if len(self._data) != size:
            self._data = array('B', bytes(size))
        return np.frombuffer(self._data, np.float32).reshape(height, width, length)

    def _message(self, publication: Publication, fields: dict[str, Any]) -> PointCloud2:
        fields['fields'] = [PointField(**field) for field in fields['fields']]
        message = PointCloud2(header=publication.header, **fields)
        return with_data(message, self._data)
