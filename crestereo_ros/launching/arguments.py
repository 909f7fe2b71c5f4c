# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Convert the text of launch arguments to values, without ROS."""

from __future__ import annotations

from crestereo_ros.errors import CrestereoError
from crestereo_ros.parameters import ParameterDeclaration

# What YAML 1.1 and launch take for a bool.
FLAGS = {
    **dict.fromkeys(('true', 'yes', 'on', '1'), True),
    **dict.fromkeys(('false', 'no', 'off', '0'), False),
}
TYPES = {bool: 'true or false', int: 'a whole number', float: 'a number', str: 'a text'}


class LaunchArgumentError(CrestereoError):
    """An argument of a launch file cannot be used; the text begins with its name."""


def flag(name: str, text: str) -> bool:
    """
    Convert the text of an argument that is true or false.

    :raises LaunchArgumentError: if it is neither
    """
    if text.lower() not in FLAGS:
        raise LaunchArgumentError(f"{name} must be {TYPES[bool]}, not '{text}'")
    return FLAGS[text.lower()]


def parameter_value(declaration: ParameterDeclaration, text: str) -> bool | int | float | str:
    """
    Convert the text of an argument to the type of the parameter that it sets.

    :raises LaunchArgumentError: if it is of another type or out of range
    """
    name, value_type = declaration.name, declaration.value_type
    if value_type is bool:
        return flag(name, text)
    if value_type is str:
        return text
    try:
        value = value_type(text)
    except ValueError as error:
        raise LaunchArgumentError(f"{name} must be {TYPES[value_type]}, not '{text}'") from error
    if not declaration.in_range(value):
        raise LaunchArgumentError(f'{name} must be {declaration.range_text}, not {text}')
    return value
