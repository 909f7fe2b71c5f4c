# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Declarations as ROS descriptors, and settings that follow changes once they are made."""

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from rcl_interfaces.msg import SetParametersResult  # noqa: E402
from rclpy.exceptions import ParameterException  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402

from crestereo_ros.errors import CrestereoError  # noqa: E402
from crestereo_ros.nodes.parameters import (  # noqa: E402
    declare,
    descriptor_of,
    LiveParameters,
    ParameterError,
)
from crestereo_ros.parameters import ParameterDeclaration  # noqa: E402


def test_integer_with_limits():
    descriptor = descriptor_of(ParameterDeclaration('n', 3, 'A number.', minimum=1, maximum=9))
    (limits,) = descriptor.integer_range
    assert (limits.from_value, limits.to_value, limits.step) == (1, 9, 1)
    assert not descriptor.floating_point_range
    assert descriptor.description == 'A number.'


def test_float_with_limits():
    descriptor = descriptor_of(ParameterDeclaration('x', 0.5, 'A size.', minimum=0, maximum=2))
    (limits,) = descriptor.floating_point_range
    assert (limits.from_value, limits.to_value) == (0, 2)
    assert not descriptor.integer_range
    assert descriptor.dynamic_typing  # else ROS would refuse an integer


def test_read_only_and_any_type():
    descriptor = descriptor_of(
        ParameterDeclaration('s', '', 'A text.', 'Any.', read_only=True, any_type=True)
    )
    assert descriptor.read_only and descriptor.dynamic_typing
    assert descriptor.additional_constraints == 'Any.'


DECLARATIONS = (
    ParameterDeclaration('count', 3, 'A number.', minimum=1, maximum=9),
    ParameterDeclaration('size', 0.5, 'A size.', minimum=0, maximum=2),
)


def test_an_integer_becomes_a_double_at_the_start(make_node):
    node = make_node('example', parameter_overrides=[Parameter('size', value=1)])
    values = declare(node, DECLARATIONS)
    assert values == {'count': 3, 'size': 1.0}
    assert isinstance(values['size'], float)


@pytest.mark.parametrize('value', ['1.0', True, 3, -1, float('nan'), float('inf')])
def test_a_double_is_checked_at_the_start(make_node, value):
    node = make_node('example', parameter_overrides=[Parameter('size', value=value)])
    with pytest.raises((ParameterError, ParameterException), match='size'):
        declare(node, DECLARATIONS)


@pytest.mark.parametrize('value', ['1.0', True, 3, -1, float('nan'), float('inf'), None])
def test_a_double_is_checked_when_set(make_node, value):
    node = make_node('example')
    declare(node, DECLARATIONS)
    (result,) = node.set_parameters([Parameter('size', value=value)])
    assert not result.successful
    assert 'size' in result.reason
    assert node.get_parameter('size').value == 0.5


class Follower:
    """Records the settings that it gets."""

    def __init__(self, node):
        self.used = []
        self.parameters = LiveParameters(node, DECLARATIONS, dict)
        self.parameters.follow(self.check, self.used.append)

    def check(self, settings):
        if settings['count'] == 4:
            raise CrestereoError('count 4 is taken')


def test_a_change_is_used_after_it_was_made(make_node):
    node = make_node('example')
    follower = Follower(node)
    assert follower.used == [{'count': 3, 'size': 0.5}]
    (result,) = node.set_parameters([Parameter('size', value=2)])
    assert result.successful
    assert len(follower.used) == 1
    for _ in range(2):  # the second time there is no change
        follower.parameters.update()
        assert follower.used[1:] == [{'count': 3, 'size': 2.0}]
    assert follower.parameters.settings == follower.used[-1]


def test_refuses_values_that_cannot_be_used(make_node):
    node = make_node('example')
    follower = Follower(node)
    result = node.set_parameters_atomically(
        [Parameter('size', value=1.0), Parameter('count', value=4)]
    )
    assert (result.successful, result.reason) == (False, 'count 4 is taken')
    follower.parameters.update()
    assert len(follower.used) == 1


def test_a_change_that_another_callback_refuses_is_not_used(make_node):
    node = make_node('example')
    # Callbacks run from the newest to the oldest, so this one runs last.
    node.add_on_set_parameters_callback(
        lambda parameters: SetParametersResult(successful=parameters[0].value != 5)
    )
    follower = Follower(node)
    (result,) = node.set_parameters([Parameter('count', value=5)])
    assert not result.successful
    follower.parameters.update()
    assert len(follower.used) == 1
    assert follower.parameters.settings['count'] == 3


def test_parameters_can_be_restored(make_node):
    node = make_node('example')
    follower = Follower(node)
    follower.parameters.set({'count': 7})
    assert node.get_parameter('count').value == 7
    assert follower.used[-1]['count'] == 7


def test_logs_parameters_that_cannot_be_restored(make_node, capfd):
    node = make_node('example')
    follower = Follower(node)
    node.add_on_set_parameters_callback(
        lambda _: SetParametersResult(successful=False, reason='locked by the operator')
    )
    follower.parameters.set({'count': 7, 'size': 1.0})
    (line,) = (x for x in capfd.readouterr().err.splitlines() if '[ERROR]' in x)
    assert line.endswith('cannot be set to count 7, size 1.0: locked by the operator')
    assert len(follower.used) == 1
