# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the messages as they are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crestereo_ros.parameters.choices import choice
from crestereo_ros.pictures import COLOR_MAPS

DEPTH_ENCODINGS = ('32FC1', '16UC1')


@dataclass(frozen=True)
class OutputSettings:
    """What the published messages look like."""

    depth_encoding: str  # one of `DEPTH_ENCODINGS`
    avoid_point_cloud_padding: bool
    point_cloud_stride: int
    color_map: str  # one of `COLOR_MAPS`

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> OutputSettings:
        """
        Make settings from the values of all `DEPTH_PARAMETERS`.

        :raises ParameterError: if a value cannot be used
        """
        return cls(
            depth_encoding=choice(values, 'depth_encoding', {x: x for x in DEPTH_ENCODINGS}),
            avoid_point_cloud_padding=values['avoid_point_cloud_padding'],
            point_cloud_stride=values['point_cloud_stride'],
            color_map=choice(values, 'color_map', {x: x for x in COLOR_MAPS}),
        )
