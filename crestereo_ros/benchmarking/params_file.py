# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Writes a setting as a parameter file of the depth node."""

from dataclasses import asdict
import json
from pathlib import Path

from crestereo_ros.benchmarking.grid import Setting
from crestereo_ros.models.model_files import cached_models, find_model, shipped_models


def write_params(path: Path, setting: Setting, comment: str) -> None:
    """
    Write a file for `params_file:=` of the launch files and for `--params-file`.

    The path of a model becomes absolute.

    :param comment: one line
    """
    values = asdict(setting)
    if setting.model not in cached_models() | shipped_models():
        values['model'] = str(find_model(setting.model).resolve())
    # ROS reads YAML, and JSON is YAML: resolutions and a model named 1 stay strings.
    lines = [f'    {name}: {json.dumps(value)}' for name, value in values.items()]
    path.write_text('\n'.join([f'# {comment}', '/**:', '  ros__parameters:', *lines, '']))
