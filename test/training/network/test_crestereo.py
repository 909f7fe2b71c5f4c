# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The PyTorch network, compared with reference vectors of the official architecture."""

import numpy as np
import pytest
import torch

from training.network import COMPACT, CREStereo, OFFICIAL
from training.network.inference import two_passes


@pytest.fixture(scope='module')
def official(official_weights):
    """Return the official network with weights derived from their names."""
    network = CREStereo(OFFICIAL, sign_flips=True)
    weights = {name: torch.from_numpy(value) for name, value in official_weights.items()}
    network.load_state_dict(weights, strict=True)
    return network


@pytest.mark.parametrize('case', ['64x96_iter2', '96x128_iter5', '128x160_iter10'])
@pytest.mark.parametrize('output', ['init', 'next', 'init_full'])
def test_reproduces_the_official_architecture(official, reference_vectors, case, output):
    """Each output differs from its reference by at most 1e-3 of the largest value."""
    vectors = reference_vectors
    suffix = '_half' if output == 'init' else ''
    left, right = (
        torch.from_numpy(vectors[f'{case}_{side}{suffix}']) for side in ('left', 'right')
    )
    iterations = int(case.split('iter')[1])
    start = torch.from_numpy(vectors[f'{case}_init']) if output == 'next' else None
    with torch.no_grad():
        result = official(left, right, iterations // 2, iterations, start).disparity.numpy()
    expected = vectors[f'{case}_{output}']
    assert np.abs(result - expected).max() <= 1e-3 * np.abs(expected).max()


def test_every_parameter_learns():
    """A step at all three scales gives each parameter a gradient."""
    torch.manual_seed(0)
    network = CREStereo(COMPACT)
    pair = torch.rand(2, 1, 3, 64, 96) * 255
    estimate = network(*pair, coarse=2, fine=2)
    loss = sum(p.abs().mean() for p in estimate.disparities)
    # The head's last layer is zero at first, which blocks the gradients of the other layers.
    torch.nn.init.normal_(network.error_head.conv2.weight)
    (
        loss + network(*pair, 1, 1).log_errors.mean() + estimate.row_scores.square().mean()
    ).backward()
    idle = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    # An instance norm removes the bias of the layer before it.
    assert all(n.startswith('fnet.') and n.endswith('.bias') for n in idle)


def test_two_passes_give_the_size_of_the_input():
    """The prediction has two channels and the height and width of the images."""
    pair = torch.rand(2, 1, 3, 64, 96) * 255
    assert two_passes(CREStereo(COMPACT), *pair, iterations=2).shape == (1, 2, 64, 96)


def test_detached_updates_run_without_prediction_or_gradient():
    """Two detached and two other updates end where four do, with the gradient of two."""
    torch.manual_seed(0)
    network = CREStereo(COMPACT)
    pair = torch.rand(2, 1, 3, 64, 96) * 255
    start = torch.zeros(1, 2, 32, 48)
    whole = network(*pair, 0, 4, start).disparities
    partly = network(*pair, 0, 4, start, detached=2).disparities
    assert (len(whole), len(partly)) == (4, 2)
    torch.testing.assert_close(partly[-1], whole[-1])
    grown = [
        torch.autograd.grad(p[-1].sum(), network.update_block.gru.convq1.weight)[0]
        for p in (whole, partly)
    ]
    assert not torch.allclose(*grown)
