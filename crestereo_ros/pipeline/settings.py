# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Settings of the matching and of the checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import math
from typing import Any

from crestereo_ros.errors import SettingsError
from crestereo_ros.matching.resolution import FAST, parse_resolution
from crestereo_ros.parameters import DEPTH_PARAMETERS
from crestereo_ros.parameters.choices import AUTO_ON_OFF, choice
from crestereo_ros.validity import Checks

DEFAULTS = {x.name: x.default for x in DEPTH_PARAMETERS}


@dataclass(frozen=True)
class DepthSettings:
    """
    How to match and check pairs. docs/nodes.md describes the parameters of the same names.

    `iterations`: 0 for the model's default. `resolution`: (height, width) or a word. `refine`:
    auto, on or off. `max_latency`: seconds, 0 for no limit. `focal_length` in pixels and
    `baseline` in metres are for pairs without a calibration; 0 if unknown. `min_depth`,
    `max_depth`: metres.
    `color_range`: the lowest and highest disparity of the colours in pixels, None to follow the
    images.

    >>> DepthSettings(resolution='image', left_right_check=True).iterations
    0
    """

    iterations: int = 0
    resolution: tuple[int, int] | str = FAST
    refine: str = 'auto'
    max_latency: float = 0.0
    temporal: bool = False
    left_right_check: bool = False
    checks: Checks = Checks()
    focal_length: float = 0.0
    baseline: float = 0.0
    disparity_offset: float = 0.0
    min_depth: float = 0.0
    max_depth: float = math.inf
    color_range: tuple[float, float] | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> DepthSettings:
        """
        Make settings from values of parameters by name; the others keep their defaults.

        :param values: see `crestereo_ros.parameters.DEPTH_PARAMETERS`; they have to be in its
            ranges
        :raises SettingsError: if a value cannot be used; the text names it
        """
        given = {**DEFAULTS, **values}
        min_depth, max_depth = given['min_depth'], given['max_depth'] or math.inf
        if not min_depth < max_depth:
            raise SettingsError(
                f'min_depth is {min_depth:g}, but must be below max_depth, which is {max_depth:g}'
            )
        return cls(
            iterations=given['iterations'],
            resolution=parse_resolution(given['resolution']) or FAST,
            refine=choice(given, 'refine', AUTO_ON_OFF),
            max_latency=given['max_latency_ms'] / 1e3,
            temporal=given['temporal'],
            left_right_check=given['left_right_check'],
            checks=Checks(
                out_of_view=given['mask_out_of_view'],
                occlusion=given['mask_occluded'],
                flying_pixels=given['mask_flying_pixels'],
                textureless=given['mask_textureless'],
                confidence_threshold=given['confidence_threshold'],
            ),
            focal_length=given['focal_length'],
            baseline=given['baseline'],
            disparity_offset=given['disparity_offset'],
            min_depth=min_depth,
            max_depth=max_depth,
            color_range=parse_color_range(given['color_range']),
        )


def parse_color_range(text: str) -> tuple[float, float] | None:
    """
    Return the two disparities in pixels of a text such as `0,64`; None for `auto`.

    :raises SettingsError: if the text has another form, or the lower number is not first
    """
    if text == 'auto':
        return None
    try:
        lowest, highest = map(float, text.split(','))
    except ValueError:
        lowest = highest = math.nan
    if not (math.isfinite(lowest) and math.isfinite(highest) and lowest < highest):
        raise SettingsError(
            f'color_range "{text}" is neither auto nor LOWEST,HIGHEST in pixels, such as 0,64'
        )
    return lowest, highest
