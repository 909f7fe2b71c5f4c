# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Parameters whose value is one of several words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crestereo_ros.errors import SettingsError

AUTO_ON_OFF: Mapping[str | bool, str] = {
    'auto': 'auto',
    'on': 'on',
    True: 'on',
    'off': 'off',
    False: 'off',
}


class ParameterError(SettingsError):
    """A parameter value that cannot be used. The text names the parameter and what is allowed."""


def choice(values: Mapping[str, Any], name: str, choices: Mapping[str | bool, str]) -> str:
    """
    Return the word for a parameter's value.

    :param values: the values of all parameters
    :param choices: the allowed values with their words. YAML and `ros2 param set` read on, true,
        yes and so on as a bool, so there may be bools besides strings
    :raises ParameterError: for another value
    """
    value = values[name]
    # 1 and 0 equal the keys True and False, but are not allowed.
    if not isinstance(value, bool | str) or value not in choices:
        allowed = ', '.join(choice for choice in choices if isinstance(choice, str))
        raise ParameterError(f'{name} {value!r} is not one of {allowed}')
    return choices[value]
