# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the messages as they are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crestereo_ros.parameters.choices import choice
from crestereo_ros.pictures import COLOR_MAPS
from crestereo_ros.pipeline.thinning import parse_region, Region

DEPTH_ENCODINGS = ('32FC1', '16UC1')


@dataclass(frozen=True)
class OutputSettings:
    """What the published messages look like."""

    depth_encoding: str  # one of `DEPTH_ENCODINGS`
    avoid_point_cloud_padding: bool
    point_cloud_stride: int
    point_cloud_rate: float  # Hz, 0 for no limit
    point_cloud_region: Region | None
    point_cloud_voxel: float  # metres, 0 for all points
    color_map: str  # one of `COLOR_MAPS`

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> OutputSettings:
        """
        Make settings from the values of all `DEPTH_PARAMETERS`.

        :raises SettingsError: if a value cannot be used
        """
        return cls(
            depth_encoding=choice(values, 'depth_encoding', {x: x for x in DEPTH_ENCODINGS}),
            avoid_point_cloud_padding=values['avoid_point_cloud_padding'],
            point_cloud_stride=values['point_cloud_stride'],
            point_cloud_rate=values['point_cloud_rate'],
            point_cloud_region=parse_region(values['point_cloud_region']),
            point_cloud_voxel=values['point_cloud_voxel'],
            color_map=choice(values, 'color_map', {x: x for x in COLOR_MAPS}),
        )
