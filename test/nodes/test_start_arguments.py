# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Warnings of unused arguments of a node, with what was probably meant."""

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.nodes.start_arguments import warn_of_unused_arguments  # noqa: E402


@pytest.fixture
def warnings(make_node, capfd):
    """Return a function that returns the warnings about the arguments of a node."""

    def warnings(*arguments):
        node = make_node('example', cli_args=list(arguments))
        node.declare_parameter('resolution', '')
        node.declare_parameter('max_latency_ms', 0.0)
        warn_of_unused_arguments(node, arguments)
        lines = capfd.readouterr().err.splitlines()
        return [line.partition('[example]: ')[2] for line in lines if '[example]' in line]

    return warnings


def test_no_warning_for_declared_parameters(warnings):
    assert warnings('--ros-args', '-p', 'resolution:=fast', '-p', 'use_sim_time:=false') == []
    assert warnings('--ros-args', '-p', 'qos_overrides./image.subscription.depth:=3') == []
    assert warnings('left/image_rect:=/camera/left') == []  # an old way to remap, which works


def test_names_a_misspelt_parameter_with_the_nearest(warnings):
    arguments = '--ros-args', '-p', 'resolutoin:=fast', '-p', 'zzz:=1'
    assert warnings(*arguments) == [
        'There is no parameter resolutoin, so its value is not used. Did you mean resolution?',
        'There is no parameter zzz, so its value is not used',
    ]


@pytest.mark.parametrize('argument', ['resolution:=fast', '--resolution=fast', '--resolutoin'])
def test_names_an_argument_before_ros_args_with_the_nearest(warnings, argument):
    (line,) = warnings(argument, '--ros-args', '-p', 'max_latency_ms:=1.0')
    assert line.startswith(f'The argument {argument} is not used: parameters go after')
    assert line.endswith('Did you mean resolution?')
