# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Options that are parameters of the depth node, by their declarations."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
import math
from typing import Any

from crestereo_ros.commands.option_values import in_range
from crestereo_ros.parameters import DEPTH_PARAMETERS, ParameterDeclaration


def add_parameter_options(
    parser: argparse.ArgumentParser, names: Iterable[str], defaults: Mapping[str, str]
) -> None:
    """
    Add an option for each of some parameters, with its range, description and default.

    :param names: of the parameters
    :param defaults: in words, where they are others than the node's
    """
    declarations = {declaration.name: declaration for declaration in DEPTH_PARAMETERS}
    for name in names:
        declaration = declarations[name]
        default = defaults.get(name) or _in_words(declaration)
        parser.add_argument(
            f'--{name.replace("_", "-")}',
            default=declaration.default if name not in defaults else type(declaration.default)(),
            help=f'{declaration.text} (default: {default})'.replace('%', '%%'),
            **_how_to_read(declaration),
        )


def values_of(options: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """Return the values of options by their parameters' names."""
    return {name: getattr(options, name) for name in names}


def _how_to_read(declaration: ParameterDeclaration) -> dict[str, Any]:
    if declaration.value_type is bool:
        return {'action': argparse.BooleanOptionalAction}
    if declaration.value_type is str:
        return {'metavar': 'WORD'}
    lowest, highest = declaration.minimum, declaration.maximum
    return {
        'metavar': 'NUMBER',
        'type': in_range(
            declaration.value_type,
            -math.inf if lowest is None else lowest,
            math.inf if highest is None else highest,
        ),
    }


def _in_words(declaration: ParameterDeclaration) -> str:
    if declaration.value_type is bool:
        return 'on' if declaration.default else 'off'
    return str(declaration.default) if declaration.default != '' else 'empty'
