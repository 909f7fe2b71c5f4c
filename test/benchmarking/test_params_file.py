# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The advised setting as parameters."""

from pathlib import Path

import yaml

from crestereo_ros.benchmarking.grid import Setting
from crestereo_ros.benchmarking.params_file import write_params
from crestereo_ros.models.model_files import DEFAULT_MODEL, find_model
from crestereo_ros.parameters import DEPTH_PARAMETERS


def test_has_parameters_of_the_node_with_their_types(tmp_path, monkeypatch):
    path = tmp_path / 'params.yaml'
    write_params(path, Setting(DEFAULT_MODEL, 3, '480x640', 'cpu', 2), 'as measured')
    assert path.read_text().startswith('# as measured\n')
    values = yaml.safe_load(path.read_text())['/**']['ros__parameters']
    assert values == {
        'model': DEFAULT_MODEL,
        'iterations': 3,
        'resolution': '480x640',
        'provider': 'cpu',
        'threads': 2,
    }
    types = {x.name: x.value_type for x in DEPTH_PARAMETERS}
    assert all(isinstance(value, types[name]) for name, value in values.items())

    monkeypatch.chdir(find_model('').parent)  # the node may be started elsewhere
    write_params(path, Setting(f'{DEFAULT_MODEL}.onnx', 3, 'fast', 'cpu', 2), 'as measured')
    model = yaml.safe_load(path.read_text())['/**']['ros__parameters']['model']
    assert Path(model).is_absolute() and Path(model).is_file()
