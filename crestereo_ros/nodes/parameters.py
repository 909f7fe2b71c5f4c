# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Declare parameters on a node."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

from crestereo_ros.parameters import ParameterDeclaration


def descriptor_of(declaration: ParameterDeclaration) -> ParameterDescriptor:
    """Convert a declaration to rcl_interfaces/ParameterDescriptor."""
    descriptor = ParameterDescriptor(
        description=declaration.description,
        additional_constraints=declaration.constraints,
        read_only=declaration.read_only,
        dynamic_typing=declaration.any_type,
    )
    if declaration.minimum is not None and declaration.maximum is not None:
        limits = {'from_value': declaration.minimum, 'to_value': declaration.maximum}
        if declaration.value_type is int:
            descriptor.integer_range = [IntegerRange(**limits, step=1)]
        else:
            descriptor.floating_point_range = [FloatingPointRange(**limits)]
    return descriptor


def declare(node: Node, declarations: Iterable[ParameterDeclaration]) -> dict[str, Any]:
    """
    Declare parameters and return what they are set to, by name.

    :raises rclpy.exceptions.ParameterException: if one is set to another type or out of range
    """
    declared = node.declare_parameters(
        '', [(x.name, x.default, descriptor_of(x)) for x in declarations]
    )
    return {parameter.name: parameter.value for parameter in declared}
