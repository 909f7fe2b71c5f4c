# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the player: what there is, in which ranges, and as what they are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

from crestereo_ros.nodes.image_size import ImageSize
from crestereo_ros.sources import SOURCE_TYPES

# YAML and `ros2 param set` read true, on, yes and so on as one bool, so either is taken.
SWAPS = {'auto': 'auto', True: 'yes', 'true': 'yes', False: 'no', 'false': 'no'}
ALIGNS = {'auto': 'auto', True: 'on', 'on': 'on', False: 'off', 'off': 'off'}
STAMPS = ('wall', 'video')
LONGEST = 1e6  # s; longer than any source


class PlayerParameterError(ValueError):
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
        Make settings of the values of all `PARAMETERS`.

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


def _setting(description: str, constraints: str = '', **fields: Any) -> ParameterDescriptor:
    return ParameterDescriptor(
        description=description, additional_constraints=constraints, **fields
    )


def _at_start(description: str, constraints: str = '', **fields: Any) -> ParameterDescriptor:
    return _setting(description, constraints, read_only=True, **fields)


def _floats(highest: float) -> list[FloatingPointRange]:
    return [FloatingPointRange(from_value=0.0, to_value=highest)]


# Name: (default, descriptor). docs/nodes.md and launch/ say the same; a test compares them.
PARAMETERS = {
    'source': ('', _at_start('Left image, folder or video, or video with both views.')),
    'source_right': ('', _at_start('Right image, folder or video.')),
    'source_type': (
        'auto',
        _at_start('What the source is.', f'One of {", ".join(SOURCE_TYPES)}.'),
    ),
    'max_height': (
        1080,
        _at_start(
            'Most rows of a video that is found on a web page.',
            integer_range=[IntegerRange(from_value=1, to_value=8640)],
        ),
    ),
    'start_time': (
        0.0,
        _at_start(
            'Where playing starts, in seconds from the first frame of the source.',
            floating_point_range=_floats(LONGEST),
        ),
    ),
    'duration': (
        0.0,
        _at_start(
            'How much of the source is played, in seconds of it; 0.0 for all up to its end.',
            floating_point_range=_floats(LONGEST),
        ),
    ),
    'rate': (
        0.0,
        _setting(
            "Frames per second; 0.0 for the source's own.", floating_point_range=_floats(1000.0)
        ),
    ),
    'loop': (False, _setting('Play again from start_time, for ever.')),
    'swap': (
        'auto',
        _setting(
            'Exchange left and right.',
            'true, false, or auto: if they are found to be exchanged while aligning.',
            dynamic_typing=True,
        ),
    ),
    'align': (
        'auto',
        _setting(
            'Line up the rows of both images by what is seen in them.',
            'on, off, or auto: on unless a calibration is given.',
            dynamic_typing=True,
        ),
    ),
    'resize': (
        '',
        _setting(
            'Size of the published images.',
            'HEIGHTxWIDTH in pixels, a scale as 0.5, or empty for the size of the source.',
            dynamic_typing=True,  # a scale is a number in YAML
        ),
    ),
    'stamps': (
        'wall',
        _at_start(
            "Time in the images' headers.",
            'wall: that of the node when they are published; video: that in the source.',
        ),
    ),
    'publish_clock': (
        False,
        _at_start('Publish the time that is played on /clock, which then gives the stamps.'),
    ),
    'camera_info_left': ('', _at_start('Calibration of the left camera, a YAML file.')),
    'camera_info_right': ('', _at_start('Calibration of the right camera, a YAML file.')),
    'frame_id': ('stereo_camera', _at_start("Frame of both images' headers.")),
    'wait_for_subscribers': (
        10.0,
        _at_start(
            'Longest time in seconds that the first frame waits for a subscriber to each topic.',
            floating_point_range=_floats(3600.0),
        ),
    ),
}

# No setting: to set it moves the playback, to read it tells where that is.
POSITION = (
    0.0,
    _setting(
        'Where it is in the source, in seconds from its first frame; set it to go there.',
        dynamic_typing=True,  # 3 is as good as 3.0
    ),
)


def declare(node: Node) -> PlayerSettings:
    """
    Declare all `PARAMETERS` and return what they are set to.

    :raises rclpy.exceptions.ParameterException: if one is set to another type or out of range.
    :raises PlayerParameterError: if a value cannot be used for another reason.
    """
    declared = node.declare_parameters(
        '', [(name, default, descriptor) for name, (default, descriptor) in PARAMETERS.items()]
    )
    return PlayerSettings.of({parameter.name: parameter.value for parameter in declared})
