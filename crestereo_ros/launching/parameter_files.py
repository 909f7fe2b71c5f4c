# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""YAML files with the parameters of nodes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import re
from typing import Any

import yaml

from crestereo_ros.launching.arguments import LaunchArgumentError

PARAMETERS = 'ros__parameters'


def parameters_in(argument: str, path: str | Path, node: str) -> dict[str, Any]:
    """
    Return the parameters that a file has for a node, as rcl finds them.

    :param argument: that names the file
    :param node: its full name
    :raises LaunchArgumentError: if the file cannot be read
    """
    try:
        content = yaml.safe_load(Path(path).read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LaunchArgumentError(f'{argument} {path} cannot be read: {error}') from error
    found: dict[str, Any] = {}
    for name, parameters in _entries(content, ''):
        if re.fullmatch(_pattern(name), node):
            found |= parameters
    return found


def _entries(content: object, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(content, dict):
        return
    for key, value in content.items():
        if key == PARAMETERS:
            if isinstance(value, dict):
                yield name, value
        else:
            yield from _entries(value, f'{name}/{str(key).strip("/")}')


def _pattern(name: str) -> str:
    # ** stands for any number of names, * for one.
    parts = {'**': r'(/\w+)*', '*': r'/\w+'}
    return ''.join(parts.get(x, f'/{re.escape(x)}') for x in name.split('/')[1:])
