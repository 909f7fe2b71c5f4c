# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The network in PyTorch against vectors of the official architecture."""

import json
from pathlib import Path
import zlib

import numpy as np
import pytest
import torch

from training.network import COMPACT, CREStereo, OFFICIAL
from training.network.inference import two_passes

REFERENCE = Path(__file__).parents[4] / 'shared' / 'crestereo'


def name_derived(name, shape):
    """Return the weights that the reference vectors were made with."""
    values = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)
    values = values.astype(np.float32)
    if len(shape) > 1:
        return values * np.float32(np.sqrt(2 / np.prod(shape[1:])))
    return 1 + np.float32(0.1) * values if name.endswith('weight') else np.float32(0.05) * values


@pytest.fixture(scope='module')
def reference():
    """Return the official network with name-derived weights, and its vectors."""
    if not REFERENCE.exists():
        pytest.skip('no reference vectors in ../shared/crestereo')
    shapes = json.loads((REFERENCE / 'state_dict.json').read_text())
    network = CREStereo(OFFICIAL, sign_flips=True)
    weights = {name: torch.from_numpy(name_derived(name, s)) for name, s in shapes.items()}
    network.load_state_dict(weights, strict=True)
    return network, np.load(REFERENCE / 'reference_vectors.npz')


@pytest.mark.parametrize('case', ['64x96_iter2', '96x128_iter5', '128x160_iter10'])
@pytest.mark.parametrize('output', ['init', 'next', 'init_full'])
def test_reproduces_the_official_architecture(reference, case, output):
    """Every reference output is met to 1e-3 of its largest value."""
    network, vectors = reference
    suffix = '_half' if output == 'init' else ''
    left, right = (
        torch.from_numpy(vectors[f'{case}_{side}{suffix}']) for side in ('left', 'right')
    )
    iterations = int(case.split('iter')[1])
    start = torch.from_numpy(vectors[f'{case}_init']) if output == 'next' else None
    with torch.no_grad():
        result = network(left, right, iterations // 2, iterations, start)[-1].numpy()
    expected = vectors[f'{case}_{output}']
    assert np.abs(result - expected).max() <= 1e-3 * np.abs(expected).max()


def test_every_parameter_learns():
    """A step at all three scales reaches each parameter with a gradient."""
    torch.manual_seed(0)
    network = CREStereo(COMPACT)
    pair = torch.rand(2, 1, 3, 64, 96) * 255
    sum(p.abs().mean() for p in network(*pair, coarse=2, fine=2)).backward()
    idle = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    # A bias in front of an instance norm is taken out again by it.
    assert all(n.startswith('fnet.') and n.endswith('.bias') for n in idle)


def test_two_passes_give_the_size_of_the_input():
    """The prediction has two channels and the height and width of the images."""
    pair = torch.rand(2, 1, 3, 64, 96) * 255
    assert two_passes(CREStereo(COMPACT), *pair, iterations=2).shape == (1, 2, 64, 96)
