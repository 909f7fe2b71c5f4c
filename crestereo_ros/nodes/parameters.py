# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Declares parameters on a node and follows their changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from crestereo_ros.errors import CrestereoError
from crestereo_ros.parameters import ParameterDeclaration
from crestereo_ros.parameters.choices import ParameterError

Settings = TypeVar('Settings')


def descriptor_of(declaration: ParameterDeclaration) -> ParameterDescriptor:
    """
    Convert a declaration to rcl_interfaces/ParameterDescriptor.

    A double is declared without a fixed type, because ROS would refuse an integer for it;
    `value_of` checks it.
    """
    descriptor = ParameterDescriptor(
        description=declaration.description,
        additional_constraints=declaration.constraints,
        read_only=declaration.read_only,
        dynamic_typing=declaration.any_type or declaration.value_type is float,
    )
    if declaration.minimum is not None and declaration.maximum is not None:
        limits = {'from_value': declaration.minimum, 'to_value': declaration.maximum}
        if declaration.value_type is int:
            descriptor.integer_range = [IntegerRange(**limits, step=1)]
        else:
            descriptor.floating_point_range = [FloatingPointRange(**limits)]
    return descriptor


def value_of(declaration: ParameterDeclaration, value: object) -> object:
    """
    Return a parameter's value in the declared type: an integer becomes a double if necessary.

    :raises ParameterError: if there is no value, or if a double is not a number or out of range.
        ROS checks the other types by their descriptor
    """
    name, lowest, highest = declaration.name, declaration.minimum, declaration.maximum
    if value is None:
        raise ParameterError(f'{name} cannot be removed, only set')
    if declaration.value_type is not float or declaration.any_type:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ParameterError(f'{name} must be a number, not {value!r}')
    # `not ... <=`, so that NaN is refused as well.
    if lowest is not None and highest is not None and not lowest <= value <= highest:
        raise ParameterError(f'{name} must be {lowest:g} to {highest:g}, not {value}')
    return float(value)


def declare(node: Node, declarations: Iterable[ParameterDeclaration]) -> dict[str, Any]:
    """
    Declare parameters and return what they are set to, by name.

    From then on, the node refuses values that `value_of` refuses.

    :raises rclpy.exceptions.ParameterException: if a parameter has a wrong type or is out of range
    :raises ParameterError: the same for a double
    """
    known = {declaration.name: declaration for declaration in declarations}

    def check(parameters: list[Parameter]) -> SetParametersResult:
        try:
            for parameter in parameters:
                if parameter.name in known:
                    value_of(known[parameter.name], parameter.value)
        except ParameterError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    declared = node.declare_parameters(
        '', [(x.name, x.default, descriptor_of(x)) for x in known.values()]
    )
    values = {p.name: value_of(known[p.name], p.value) for p in declared}
    node.add_on_set_parameters_callback(check)
    return values


class LiveParameters(Generic[Settings]):
    """
    The parameters of a node as settings that follow every change.

    A callback that validates a change must not act on it: another callback may still refuse it.
    Humble has no callback after a change was made, so `update` compares the parameters with their
    previous values. The node calls it often: on a timer, and before it uses the settings.
    """

    def __init__(
        self,
        node: Node,
        declarations: Iterable[ParameterDeclaration],
        parse: Callable[[Mapping[str, Any]], Settings],
    ) -> None:
        """
        Declare the parameters.

        :param parse: makes settings from the values of all parameters, without side effects;
            raises a CrestereoError for values that cannot be used
        :raises CrestereoError: if the initial values cannot be used
        :raises rclpy.exceptions.ParameterException: if they violate the descriptors
        """
        self._node = node
        self._declarations = tuple(declarations)
        self._parse = parse
        self._values = declare(node, self._declarations)
        self.settings: Settings = parse(self._values)
        self._use: Callable[[Settings], object] = lambda settings: None

    def follow(
        self, check: Callable[[Settings], object], use: Callable[[Settings], object]
    ) -> None:
        """
        Use the settings, and validate and follow changes from then on.

        :param check: raises a CrestereoError for new settings that cannot be used though `parse`
            accepts them; must have no side effects
        :param use: called with the settings now, and by `update` with changed ones
        """

        def validate(parameters: list[Parameter]) -> SetParametersResult:
            changes = {p.name: p.value for p in parameters if p.name in self._values}
            try:
                if changes:  # other parameters belong to the middleware or the clock
                    check(self._parse(self._current(changes)))
            except CrestereoError as error:
                return SetParametersResult(successful=False, reason=str(error))
            return SetParametersResult(successful=True)

        self._use = use
        self._node.add_on_set_parameters_callback(validate)
        use(self.settings)

    def update(self) -> None:
        """Use the changes that were made since the last call."""
        values = self._current({})
        if values != self._values:
            self._values = values
            self.settings = self._parse(values)
            self._use(self.settings)

    def set(self, values: Mapping[str, Any]) -> None:
        """Set parameters atomically, as a client could; log an error if they are refused."""
        result = self._node.set_parameters_atomically(
            [Parameter(name, value=value) for name, value in values.items()]
        )
        if not result.successful:
            changes = ', '.join(f'{name} {value!r}' for name, value in values.items())
            self._node.get_logger().error(
                f'The parameters cannot be set to {changes}: {result.reason or "no reason given"}'
            )
        self.update()

    def _current(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values that the parameters have, or will have after changes."""
        values = {}
        for declaration in self._declarations:
            name = declaration.name
            value = changes[name] if name in changes else self._node.get_parameter(name).value
            values[name] = value_of(declaration, value)
        return values
