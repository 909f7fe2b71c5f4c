# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo models import` of a PyTorch file, compared with the official architecture."""

import numpy as np
import onnxruntime
import pytest
import torch

from crestereo_ros.commands.main import run


@pytest.fixture(scope='module')
def imported(tmp_path_factory, official_weights):
    """Return a session on the file that the command makes from the official network."""
    folder = tmp_path_factory.mktemp('official')
    weights = {name: torch.from_numpy(value) for name, value in official_weights.items()}
    torch.save(weights, folder / 'official.pth')
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv('XDG_CACHE_HOME', str(folder))
        assert run(['models', 'import', str(folder / 'official.pth')]) == 0
    return onnxruntime.InferenceSession(
        folder / 'crestereo_ros' / 'models' / 'official.onnx', providers=['CPUExecutionProvider']
    )


@pytest.mark.parametrize('case', ['64x96_iter2', '96x128_iter5', '128x160_iter10'])
@pytest.mark.parametrize('output', ['init', 'next', 'init_full'])
def test_imported_model_reproduces_the_official_architecture(
    imported, reference_vectors, case, output
):
    """Each output differs from its reference by at most 1e-5 of the largest value."""
    vectors = reference_vectors
    iterations = int(case.split('iter')[1])
    suffix = '_half' if output == 'init' else ''
    pair = [vectors[f'{case}_{side}{suffix}'] for side in ('left', 'right')]
    coarse = 0 if output == 'next' else iterations // 2
    feed = *pair, vectors[f'{case}_init'], np.array(coarse), np.array(iterations)
    names = (x.name for x in imported.get_inputs())
    (result,) = imported.run(None, dict(zip(names, feed, strict=True)))
    expected = vectors[f'{case}_{output}']
    assert np.abs(result - expected).max() <= 1e-5 * np.abs(expected).max()
