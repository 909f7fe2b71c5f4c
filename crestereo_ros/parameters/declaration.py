# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The declaration of a parameter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ParameterDeclaration:
    """
    One parameter of a node.

    `description` says in whole sentences what it does. `constraints` says which values are
    allowed, if `minimum` and `maximum` do not. `read_only`: it can be set only at the start.
    `any_type`: values of several types are accepted, because YAML does not read `on`, `true` or
    `0.5` as a string.
    """

    name: str
    default: bool | int | float | str
    description: str
    constraints: str = ''
    minimum: float | None = None
    maximum: float | None = None
    read_only: bool = False
    any_type: bool = False

    @property
    def value_type(self) -> type:
        """The type of the default, and of every value unless `any_type`."""
        return type(self.default)

    @property
    def range_text(self) -> str:
        """The range as text, such as `0 to 32`; empty if there is none."""
        if self.minimum is None or self.maximum is None:
            return ''
        return f'{self.minimum:.10g} to {self.maximum:.10g}'

    @property
    def text(self) -> str:
        """Description, constraints and range in one line."""
        range_sentence = f'Range: {self.range_text}.' if self.range_text else ''
        return ' '.join(filter(None, (self.description, self.constraints, range_sentence)))

    def takes(self, value: object) -> bool:
        """Return whether a value has a type that the parameter takes."""
        types: tuple[type, ...] = (self.value_type,)
        if self.any_type:
            types = bool, int, float, str
        elif self.value_type is float:
            types = int, float
        return isinstance(value, types) and (
            not isinstance(value, bool) or bool in types  # which is an int too
        )

    def in_range(self, value: float) -> bool:
        """Return whether a number is in the range; False for NaN."""
        if self.minimum is None or self.maximum is None:
            return True
        return self.minimum <= value <= self.maximum
