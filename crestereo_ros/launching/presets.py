# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files with arguments of the launch files, for what the depth node works with."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml

from crestereo_ros.launching.arguments import LaunchArgumentError


def read_preset(
    argument: str, folder: Path, name: str, allowed: Collection[str]
) -> tuple[Path, dict[str, Any]]:
    """
    Read a file of `config/cameras` or `config/consumers`, or one like these.

    :param argument: that names the file
    :param folder: the files that are installed
    :param name: of one of them, or the path of another YAML file
    :param allowed: the launch arguments that it may set
    :returns: its path and content, in which `arguments` are a dict of texts
    :raises LaunchArgumentError: if there is no such file, or it has another form
    """
    path = Path(name) if name.endswith('.yaml') else folder / f'{name}.yaml'
    if not path.is_file():
        names = ', '.join(sorted(file.stem for file in folder.glob('*.yaml')))
        raise LaunchArgumentError(
            f"{argument} must be one of {names}, or the path of a .yaml file, not '{name}'"
        )
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LaunchArgumentError(f'{argument}: {path} cannot be read: {error}') from error
    if not isinstance(content, dict) or not isinstance(content.get('arguments'), dict):
        raise LaunchArgumentError(f'{argument}: {path} needs arguments')
    for key, value in content['arguments'].items():
        if key not in allowed:
            raise LaunchArgumentError(f"{argument}: {path} sets '{key}', no such argument")
        if not isinstance(value, str):  # YAML reads off and 0.5 as no text
            raise LaunchArgumentError(f"{argument}: {path} needs {key} in quotes: '{value}'")
    return path, content
