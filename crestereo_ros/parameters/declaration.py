# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How a parameter is declared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ParameterDeclaration:
    """
    One parameter of a node.

    `description` says in whole sentences what it does, `constraints` what its values may be where
    `minimum` and `maximum` do not say it. `read_only`: it is set at the start only. `any_type`:
    values of more than one type are taken, because YAML reads `on`, `true` or `0.5` as no string.
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
        """Type of the default, and of every value unless `any_type`."""
        return type(self.default)

    @property
    def range_text(self) -> str:
        """The range in words, as `0 to 32`; empty where there is none."""
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
        """Return whether a number lies in the range; nan never does."""
        if self.minimum is None or self.maximum is None:
            return True
        return self.minimum <= value <= self.maximum
