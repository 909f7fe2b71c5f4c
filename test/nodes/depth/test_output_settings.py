# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the values of the outputs' parameters mean, and which cannot be used."""

import math

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.nodes.depth.output_settings import (  # noqa: E402
    DEPTH_ENCODINGS,
    OutputSettings,
)
from crestereo_ros.nodes.parameters import ParameterError  # noqa: E402
from crestereo_ros.parameters import DEPTH_PARAMETERS  # noqa: E402
from crestereo_ros.pictures import COLOR_MAPS  # noqa: E402

DEFAULTS = {x.name: x.default for x in DEPTH_PARAMETERS}


def outputs_of(**changes):
    return OutputSettings.of({**DEFAULTS, **changes})


def test_outputs_are_not_limited_by_default():
    outputs = outputs_of()
    assert (outputs.min_depth, outputs.max_depth) == (0, math.inf)
    assert outputs.color_range is None


def test_a_color_range_is_two_numbers():
    assert outputs_of(color_range='-3.5, 64').color_range == (-3.5, 64)


@pytest.mark.parametrize(
    'text', ['', '64', '64,0', '5,5', '0,nan', '0,inf', '0,1,2', 'a,b', '0;9']
)
def test_a_color_range_of_another_form_is_refused(text):
    with pytest.raises(ParameterError, match=f'color_range "{text}" is neither auto nor'):
        outputs_of(color_range=text)


@pytest.mark.parametrize('limits', [(2.0, 1.0), (1.0, 1.0)])
def test_depth_limits_out_of_order_are_refused(limits):
    with pytest.raises(ParameterError, match='min_depth is .*, but must be below max_depth'):
        outputs_of(min_depth=limits[0], max_depth=limits[1])


@pytest.mark.parametrize(
    ('name', 'choices'), [('depth_encoding', DEPTH_ENCODINGS), ('color_map', COLOR_MAPS)]
)
def test_choices_are_told_and_others_refused(name, choices):
    constraints = next(x.constraints for x in DEPTH_PARAMETERS if x.name == name)
    for choice in choices:
        outputs_of(**{name: choice})
        assert choice in constraints
    with pytest.raises(ParameterError, match=f"{name} '8UC1' is not one of {', '.join(choices)}"):
        outputs_of(**{name: '8UC1'})
