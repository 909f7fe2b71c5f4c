# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the depth node: what there is, in which ranges, and as what they are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

from crestereo_ros.matching.providers import check_provider, PROVIDERS
from crestereo_ros.matching.resolution import FAST, FINE, IMAGE, parse_resolution


class MatcherKey(NamedTuple):
    """What takes a new matcher when it changes."""

    model: str
    provider: str
    threads: int

    def text(self) -> str:
        model = f'model {self.model}' if self.model else 'the default model'
        return f'{model} on {self.provider}'


@dataclass(frozen=True)
class Settings:
    """The parameters as they are used; `values` are the same as they are set."""

    values: Mapping[str, Any]
    matcher_key: MatcherKey
    iterations: int | None  # None: the model's default
    resolution: tuple[int, int] | str | None  # (height, width), a word; None: the model's
    sync_tolerance: int  # nanoseconds
    queue_size: int

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Settings:
        """
        Make settings of the values of all `PARAMETERS`.

        Types and ranges are not looked at, they are in the descriptors.

        :raises ProviderError, SettingsError: if the provider or the resolution cannot be used; the
            text names it and says what can.
        """
        check_provider(values['provider'])
        return cls(
            values=dict(values),
            matcher_key=MatcherKey(*(values[name] for name in MatcherKey._fields)),
            iterations=values['iterations'] or None,
            resolution=parse_resolution(values['resolution']),
            sync_tolerance=round(values['sync_tolerance'] * 1e9),
            queue_size=values['queue_size'],
        )


def _described(description: str, constraints: str = '', **ranges: Any) -> ParameterDescriptor:
    return ParameterDescriptor(
        description=description, additional_constraints=constraints, **ranges
    )


def _integers(lowest: int, highest: int) -> list[IntegerRange]:
    return [IntegerRange(from_value=lowest, to_value=highest, step=1)]


# Name: (default, descriptor). docs/nodes.md and launch/ say the same; a test compares them.
PARAMETERS = {
    'model': (
        '',
        _described(
            'The stereo network.',
            'Empty for the one that the package ships, a name that `crestereo models list` shows, '
            'or the path of an .onnx file.',
        ),
    ),
    'provider': (
        'auto',
        _described(
            'What runs the network; auto takes the fastest that works.',
            f'One of {", ".join(PROVIDERS)}.',
        ),
    ),
    'threads': (
        0,
        _described(
            'Threads of the network on the CPU, 0 for as many as there are cores.',
            integer_range=_integers(0, 256),
        ),
    ),
    'iterations': (
        0,
        _described(
            'Updates of the disparity: more are finer and slower. 0 for what the model was made '
            'for.',
            'A model file of the ONNX zoo can do its own number only.',
            integer_range=_integers(0, 32),
        ),
    ),
    'resolution': (
        FAST,
        _described(
            'Size at which the network sees the images, in pixels. The disparity has the size '
            'of the images all the same.',
            f'{FAST} (about 240x320, in the shape of the images), {IMAGE} (their own), {FINE} '
            '(two and a half times that), HEIGHTxWIDTH, for example 480x640, or empty for the '
            'default of the model. A model file of the ONNX zoo can do its own size only.',
        ),
    ),
    'sync_tolerance': (
        0.0,
        _described(
            'Largest difference between the stamps of a left and a right image that belong '
            'together, in seconds; 0.0 for equal stamps.',
            'Keep it below half the time between two frames.',
            floating_point_range=[FloatingPointRange(from_value=0.0, to_value=1.0)],
        ),
    ),
    'queue_size': (
        10,
        _described(
            'How many images of each side may wait for their partner.',
            integer_range=_integers(1, 1000),
        ),
    ),
}


# What a matcher has to be able to do together.
MATCHER_PARAMETERS = (*MatcherKey._fields, 'iterations', 'resolution')


def declare(node: Node) -> Settings:
    """
    Declare all `PARAMETERS` and return what they are set to.

    :raises rclpy.exceptions.ParameterException: if one is set to another type or out of range.
    :raises StereoError: if a value cannot be used for another reason (see `Settings.of`).
    """
    declared = node.declare_parameters(
        '', [(name, default, descriptor) for name, (default, descriptor) in PARAMETERS.items()]
    )
    return Settings.of({parameter.name: parameter.value for parameter in declared})
