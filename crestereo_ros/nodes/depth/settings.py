# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the depth node as they are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import math
from typing import Any, NamedTuple

from crestereo_ros.errors import CrestereoError
from crestereo_ros.matching.model_files import find_model
from crestereo_ros.matching.providers import check_provider
from crestereo_ros.matching.resolution import parse_resolution
from crestereo_ros.pictures import COLOR_MAPS
from crestereo_ros.validity import Checks

DEPTH_ENCODINGS = ('32FC1', '16UC1')


class OutputSettingsError(CrestereoError):
    """A parameter of the outputs cannot be used; the text names it."""


class MatcherKey(NamedTuple):
    """The parameters that need a new matcher when they change."""

    model: str
    provider: str
    threads: int

    def __str__(self) -> str:
        model = f'model {self.model}' if self.model else 'the default model'
        return f'{model} on {self.provider}'


@dataclass(frozen=True)
class OutputSettings:
    """What the published messages look like."""

    min_depth: float  # metres
    max_depth: float  # metres, infinite if not limited
    depth_encoding: str
    avoid_point_cloud_padding: bool
    point_cloud_stride: int
    color_map: str
    color_range: tuple[float, float] | None  # pixels; None: follows the images

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> OutputSettings:
        """
        Make settings of the values of all `DEPTH_PARAMETERS`.

        :raises OutputSettingsError: if one cannot be used
        """
        min_depth, max_depth = values['min_depth'], values['max_depth'] or math.inf
        if not min_depth < max_depth:
            raise OutputSettingsError(
                f'min_depth is {min_depth:g}, but must be below max_depth, which is {max_depth:g}'
            )
        for name, choices in (('depth_encoding', DEPTH_ENCODINGS), ('color_map', COLOR_MAPS)):
            if values[name] not in choices:
                raise OutputSettingsError(
                    f'{name} "{values[name]}" is none of {", ".join(choices)}'
                )
        return cls(
            min_depth=min_depth,
            max_depth=max_depth,
            color_range=parse_color_range(values['color_range']),
            **{
                name: values[name]
                for name in (
                    'depth_encoding',
                    'avoid_point_cloud_padding',
                    'point_cloud_stride',
                    'color_map',
                )
            },
        )


def parse_color_range(text: str) -> tuple[float, float] | None:
    """
    Return the disparities in pixels that a text such as `0,64` names; None for `auto`.

    :raises OutputSettingsError: if it has another form, or not the lower one first
    """
    if text == 'auto':
        return None
    try:
        lowest, highest = map(float, text.split(','))
    except ValueError:
        lowest = highest = math.nan
    if not (math.isfinite(lowest) and math.isfinite(highest) and lowest < highest):
        raise OutputSettingsError(
            f'color_range "{text}" is neither auto nor LOWEST,HIGHEST in pixels, such as 0,64'
        )
    return lowest, highest


# The parameters that have to work together.
MATCHER_PARAMETERS = (*MatcherKey._fields, 'iterations', 'resolution')


@dataclass(frozen=True)
class Settings:
    """The parameters as they are used; `values` are the same as they are set."""

    values: Mapping[str, Any]
    matcher_key: MatcherKey
    iterations: int | None  # None: the model's default
    resolution: tuple[int, int] | str | None  # (height, width), a word; None: the model's
    sync_tolerance: int  # nanoseconds
    queue_size: int
    focal_length: float  # pixels, 0 if not given
    baseline: float  # metres, 0 if not given
    checks: Checks
    left_right_check: bool
    outputs: OutputSettings

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Settings:
        """
        Make settings of the values of all `DEPTH_PARAMETERS`.

        Types and ranges are not looked at; the node's parameters have them.

        :raises ProviderError: if there is no such provider; the text says which there are
        :raises SettingsError: if the resolution cannot be read
        :raises OutputSettingsError: if a parameter of the outputs cannot be used
        """
        check_provider(values['provider'])
        return cls(
            values=dict(values),
            matcher_key=MatcherKey(*(values[name] for name in MatcherKey._fields)),
            iterations=values['iterations'] or None,
            resolution=parse_resolution(values['resolution']),
            sync_tolerance=round(values['sync_tolerance'] * 1e9),
            queue_size=values['queue_size'],
            focal_length=values['focal_length'],
            baseline=values['baseline'],
            checks=Checks(
                out_of_view=values['mask_out_of_view'],
                occlusion=values['mask_occluded'],
                flying_pixels=values['mask_flying_pixels'],
                confidence_threshold=values['confidence_threshold'],
            ),
            left_right_check=values['left_right_check'],
            outputs=OutputSettings.of(values),
        )

    def check_model(self) -> None:
        """
        Check what can be known of the model without loading it.

        :raises ModelNotFoundError: if there is no such file or name
        """
        find_model(self.matcher_key.model)
