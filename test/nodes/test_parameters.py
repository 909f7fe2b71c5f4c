# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Declarations as ROS describes them."""

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.nodes.parameters import descriptor_of  # noqa: E402
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


def test_read_only_and_any_type():
    descriptor = descriptor_of(
        ParameterDeclaration('s', '', 'A text.', 'Any.', read_only=True, any_type=True)
    )
    assert descriptor.read_only and descriptor.dynamic_typing
    assert descriptor.additional_constraints == 'Any.'
