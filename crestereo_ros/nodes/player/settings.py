# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The player's parameters as settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crestereo_ros.parameters.choices import AUTO_ON_OFF, choice, ParameterError
from crestereo_ros.preparation import ImageSize

SWAPS: dict[str | bool, str] = {
    'auto': 'auto',
    True: 'yes',
    'true': 'yes',
    False: 'no',
    'false': 'no',
}
STAMPS: dict[str | bool, str] = {'wall': 'wall', 'video': 'video'}


class PlayerParameterError(ParameterError):
    """A parameter of the player has a value that cannot be used."""


@dataclass(frozen=True)
class PlayerSettings:
    """
    The parameters in the form that the player uses.

    `values`: the parameters as they are set. `swap`: auto, yes or no. `align`: auto, on or off.
    """

    values: Mapping[str, Any]
    swap: str
    align: str
    resize: ImageSize

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> PlayerSettings:
        """
        Make settings from the values of all `PLAYER_PARAMETERS`.

        Types and ranges that the declarations give are not checked here.

        :raises ParameterError: if a value cannot be used
        """
        swap = choice(values, 'swap', SWAPS)
        align = choice(values, 'align', AUTO_ON_OFF)
        choice(values, 'stamps', STAMPS)
        if values['camera_info_right'] and not values['camera_info_left']:
            raise PlayerParameterError(
                'camera_info_right is given, but camera_info_left is not: depth needs the '
                'calibration of both sides; a file with both goes into camera_info_left'
            )
        try:
            resize = ImageSize.of(str(values['resize']))
        except ValueError as error:
            raise PlayerParameterError(f'resize {error}') from error
        return cls(values=dict(values), swap=swap, align=align, resize=resize)

    def aligned(self, calibrated: bool) -> bool:
        """Return whether to align frames, depending on whether their calibration is known."""
        return self.align == 'on' or (self.align == 'auto' and not calibrated)
