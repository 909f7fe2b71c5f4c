# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo models import` of a file that PyTorch wrote, against the official architecture."""

import json
from pathlib import Path
import zlib

import numpy as np
import onnxruntime
import pytest
import torch

from crestereo_ros.commands.main import main

REFERENCE = Path(__file__).parents[4] / 'shared' / 'crestereo'


def name_derived(name, shape):
    """Return the weights that the reference vectors were made with."""
    values = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)
    values = values.astype(np.float32)
    if len(shape) > 1:
        return values * np.float32(np.sqrt(2 / np.prod(shape[1:])))
    return 1 + np.float32(0.1) * values if name.endswith('weight') else np.float32(0.05) * values


@pytest.fixture(scope='module')
def imported(tmp_path_factory):
    """Session of the file that the command makes of the official network."""
    if not REFERENCE.exists():
        pytest.skip('no reference vectors in ../shared/crestereo')
    folder = tmp_path_factory.mktemp('official')
    shapes = json.loads((REFERENCE / 'state_dict.json').read_text())
    weights = {name: torch.from_numpy(name_derived(name, x)) for name, x in shapes.items()}
    torch.save(weights, folder / 'official.pth')
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv('XDG_CACHE_HOME', str(folder))
        assert main(['models', 'import', str(folder / 'official.pth')]) == 0
    return onnxruntime.InferenceSession(
        folder / 'crestereo_ros' / 'models' / 'official.onnx', providers=['CPUExecutionProvider']
    )


@pytest.mark.parametrize('case', ['64x96_iter2', '96x128_iter5', '128x160_iter10'])
@pytest.mark.parametrize('output', ['init', 'next', 'init_full'])
def test_imported_model_reproduces_the_official_architecture(imported, case, output):
    """Every reference output is met to 1e-5 of its largest value."""
    vectors = np.load(REFERENCE / 'reference_vectors.npz')
    iterations = int(case.split('iter')[1])
    suffix = '_half' if output == 'init' else ''
    pair = [vectors[f'{case}_{side}{suffix}'] for side in ('left', 'right')]
    coarse = 0 if output == 'next' else iterations // 2
    feed = *pair, vectors[f'{case}_init'], np.array(coarse), np.array(iterations)
    names = (x.name for x in imported.get_inputs())
    (result,) = imported.run(None, dict(zip(names, feed, strict=True)))
    expected = vectors[f'{case}_{output}']
    assert np.abs(result - expected).max() <= 1e-5 * np.abs(expected).max()
