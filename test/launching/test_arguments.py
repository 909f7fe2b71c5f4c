# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Text of launch arguments becomes values, or an error that names the argument."""

import pytest

from crestereo_ros.launching.arguments import flag, LaunchArgumentError, parameter_value
from crestereo_ros.parameters import DEPTH_PARAMETERS, PLAYER_PARAMETERS

DECLARATIONS = {x.name: x for x in (*DEPTH_PARAMETERS, *PLAYER_PARAMETERS)}


@pytest.mark.parametrize(
    ('name', 'text', 'value'),
    [
        ('threads', '4', 4),
        ('rate', '10', 10.0),
        ('rate', '2.5', 2.5),
        ('loop', 'yes', True),
        ('loop', 'False', False),
        ('model', '42', '42'),
        ('align', 'on', 'on'),
        ('resize', '0.5', '0.5'),
    ],
)
def test_text_becomes_the_type_of_the_parameter(name, text, value):
    converted = parameter_value(DECLARATIONS[name], text)
    assert converted == value
    assert type(converted) is type(value)


@pytest.mark.parametrize(
    ('name', 'text', 'reason'),
    [
        ('rate', 'abc', 'a number'),
        ('rate', 'nan', '0 to 1000'),
        ('rate', '-1', '0 to 1000'),
        ('threads', '2.5', 'a whole number'),
        ('threads', '257', '0 to 256'),
        ('loop', 'maybe', 'true or false'),
    ],
)
def test_error_names_the_argument_and_what_it_must_be(name, text, reason):
    with pytest.raises(LaunchArgumentError, match=f"^{name} must be {reason}, not '?{text}'?$"):
        parameter_value(DECLARATIONS[name], text)


@pytest.mark.parametrize('declaration', DECLARATIONS.values(), ids=lambda x: x.name)
def test_the_text_of_every_default_is_the_default(declaration):
    assert parameter_value(declaration, str(declaration.default)) == declaration.default


def test_flag_names_its_argument():
    assert flag('rviz', 'TRUE') is True
    with pytest.raises(LaunchArgumentError, match="^rviz must be true or false, not '2'$"):
        flag('rviz', '2')
