# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the player as they are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crestereo_ros.errors import CrestereoError
from crestereo_ros.parameters import ParameterDeclaration
from crestereo_ros.preparation.image_size import ImageSize

# YAML and `ros2 param set` read true, on, yes and so on as one bool, so either is taken.
SWAPS = {'auto': 'auto', True: 'yes', 'true': 'yes', False: 'no', 'false': 'no'}
ALIGNS = {'auto': 'auto', True: 'on', 'on': 'on', False: 'off', 'off': 'off'}
STAMPS = ('wall', 'video')


class PlayerParameterError(CrestereoError):
    """A parameter has a value that cannot be used; the text names it and says what can."""


@dataclass(frozen=True)
class PlayerSettings:
    """The parameters as they are used; `values` are the same as they are set."""

    values: Mapping[str, Any]
    swap: str  # auto, yes, no
    align: bool
    resize: ImageSize

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> PlayerSettings:
        """
        Make settings of the values of all `PLAYER_PARAMETERS`.

        :raises PlayerParameterError: if a value cannot be used. Ranges, and types where there is
            one, are not looked at: they are in the descriptors.
        """
        swap = _choice(values, 'swap', SWAPS)
        align = _choice(values, 'align', ALIGNS)
        _choice(values, 'stamps', dict.fromkeys(STAMPS))
        calibrated = bool(values['camera_info_left'])
        if calibrated != bool(values['camera_info_right']):
            given, missing = ('left', 'right') if calibrated else ('right', 'left')
            raise PlayerParameterError(
                f'camera_info_{given} is given, but camera_info_{missing} is not: depth needs '
                'the calibration of both sides'
            )
        try:
            resize = ImageSize.of(str(values['resize']))
        except ValueError as error:
            raise PlayerParameterError(f'resize {error}') from error
        aligned = align == 'on' or (align == 'auto' and not calibrated)
        return cls(values=dict(values), swap=swap, align=aligned, resize=resize)


def position_of(value: Any) -> float:
    """
    Return a value of the parameter `position` in seconds.

    :raises PlayerParameterError: if it is no number
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise PlayerParameterError(f'position {value!r} is no number of seconds')
    return float(value)


def _choice(values, name, choices):
    value = values[name]
    # 1 and 0 are equal to the keys True and False.
    if not isinstance(value, bool | str) or value not in choices:
        named = ', '.join(choice for choice in choices if isinstance(choice, str))
        raise PlayerParameterError(f'{name} {value!r} is none of {named}')
    return choices[value]


# No setting: to set it moves the playback, to read it tells where that is.
POSITION = ParameterDeclaration(
    'position',
    0.0,
    'Where it is in the source, in seconds from its first frame; set it to go there.',
    any_type=True,  # 3 is as good as 3.0
)
