# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A YAML file with the defaults of a node's parameters, and what each of them does."""

from __future__ import annotations

from collections.abc import Iterable
import textwrap

from crestereo_ros.parameters.declaration import ParameterDeclaration

WIDTH = 99


def parameter_file(declarations: Iterable[ParameterDeclaration]) -> str:
    """Return a YAML file that sets every parameter to its default, for `--params-file`."""
    lines = ['/**:', '  ros__parameters:']
    comment = textwrap.TextWrapper(WIDTH, initial_indent='    # ', subsequent_indent='    # ')
    for x in declarations:
        lines += [*comment.wrap(x.text), f'    {x.name}: {yaml_value(x.default)}']
    return '\n'.join(lines) + '\n'


def yaml_value(value: bool | int | float | str) -> str:
    """Return a default as YAML has it; text in quotes, so that it stays text."""
    return str(value).lower() if isinstance(value, bool) else repr(value)
