# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the outputs as they are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import math
from typing import Any

from crestereo_ros.nodes.parameters import choice, ParameterError
from crestereo_ros.pictures import COLOR_MAPS

DEPTH_ENCODINGS = ('32FC1', '16UC1')


@dataclass(frozen=True)
class OutputSettings:
    """What the published messages look like."""

    min_depth: float  # metres
    max_depth: float  # metres, infinite if not limited
    depth_encoding: str  # one of `DEPTH_ENCODINGS`
    avoid_point_cloud_padding: bool
    point_cloud_stride: int
    color_map: str  # one of `COLOR_MAPS`
    color_range: tuple[float, float] | None  # pixels; None: follows the images

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> OutputSettings:
        """
        Make settings of the values of all `DEPTH_PARAMETERS`.

        :raises ParameterError: if one cannot be used
        """
        min_depth, max_depth = values['min_depth'], values['max_depth'] or math.inf
        if not min_depth < max_depth:
            raise ParameterError(
                f'min_depth is {min_depth:g}, but must be below max_depth, which is {max_depth:g}'
            )
        return cls(
            min_depth=min_depth,
            max_depth=max_depth,
            depth_encoding=choice(values, 'depth_encoding', {x: x for x in DEPTH_ENCODINGS}),
            avoid_point_cloud_padding=values['avoid_point_cloud_padding'],
            point_cloud_stride=values['point_cloud_stride'],
            color_map=choice(values, 'color_map', {x: x for x in COLOR_MAPS}),
            color_range=parse_color_range(values['color_range']),
        )


def parse_color_range(text: str) -> tuple[float, float] | None:
    """
    Return the disparities in pixels that a text such as `0,64` names; None for `auto`.

    :raises ParameterError: if it has another form, or not the lower one first
    """
    if text == 'auto':
        return None
    try:
        lowest, highest = map(float, text.split(','))
    except ValueError:
        lowest = highest = math.nan
    if not (math.isfinite(lowest) and math.isfinite(highest) and lowest < highest):
        raise ParameterError(
            f'color_range "{text}" is neither auto nor LOWEST,HIGHEST in pixels, such as 0,64'
        )
    return lowest, highest
