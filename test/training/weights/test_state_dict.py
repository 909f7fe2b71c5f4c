# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Weights read from files that PyTorch wrote."""

import numpy as np
import pytest
import torch

from crestereo_ros.weights import read_state_dict, WeightsError
from training.network import COMPACT, CREStereo, OFFICIAL


def with_optimizer(network):
    """Return a checkpoint such as training scripts write."""
    optimizer = torch.optim.AdamW(network.parameters())
    pair = torch.rand(2, 1, 3, 32, 32) * 255
    network(*pair, coarse=1, fine=1).disparity.mean().backward()
    optimizer.step()
    return {
        'epoch': 3,
        'state_dict': network.state_dict(),
        'optimizer': optimizer.state_dict(),
        'loss': torch.tensor(0.5),
    }


@pytest.mark.parametrize('widths', [COMPACT, OFFICIAL])
@pytest.mark.parametrize(
    'content',
    [
        lambda network: network.state_dict(),
        lambda network: dict(network.named_parameters()),
        lambda network: torch.nn.DataParallel(network).state_dict(),
        lambda network: {'model': network.state_dict()},
        lambda network: {'epoch': 3, 'model_state_dict': network.state_dict()},
        with_optimizer,
    ],
    ids=['state_dict', 'parameters', 'parallel', 'model', 'model_state_dict', 'checkpoint'],
)
def test_reads_files_of_pytorch(tmp_path, widths, content):
    """The arrays equal the network's exactly."""
    torch.manual_seed(0)
    network = CREStereo(widths, sign_flips=True)
    torch.save(content(network), tmp_path / 'weights.pth')
    read = read_state_dict(tmp_path / 'weights.pth')
    expected = network.state_dict()
    assert list(read) == list(expected)
    for name, tensor in expected.items():
        np.testing.assert_array_equal(read[name], tensor.numpy())


@pytest.mark.parametrize('dtype', [torch.float16, torch.float64])
def test_reads_other_types_and_memory_layouts(tmp_path, dtype):
    """Weights become float32; channels-last changes nothing."""
    network = CREStereo(sign_flips=True).to(dtype).to(memory_format=torch.channels_last)
    torch.save(network.state_dict(), tmp_path / 'weights.pth')
    read = read_state_dict(tmp_path / 'weights.pth')
    for name, tensor in network.state_dict().items():
        np.testing.assert_array_equal(read[name], tensor.float().numpy())


def test_reads_tensors_that_are_views_of_one_storage(tmp_path):
    """Some optimizers keep all parameters in one vector."""
    network = CREStereo(sign_flips=True)
    flat = torch.nn.utils.parameters_to_vector(network.parameters()).detach()
    torch.nn.utils.vector_to_parameters(flat, network.parameters())
    torch.save(network.state_dict(), tmp_path / 'weights.pth')
    read = read_state_dict(tmp_path / 'weights.pth')
    for name, tensor in network.state_dict().items():
        np.testing.assert_array_equal(read[name], tensor.numpy())


@pytest.mark.parametrize('zipped', [True, False])
def test_refuses_a_whole_network_and_an_old_file(tmp_path, zipped):
    """The error for a pickled network or an old file format names the fix."""
    network = CREStereo(sign_flips=True)
    content = network if zipped else network.state_dict()
    torch.save(content, tmp_path / 'weights.pth', _use_new_zipfile_serialization=zipped)
    message = 'training.network.crestereo.CREStereo.*state_dict' if zipped else 'save it again'
    with pytest.raises(WeightsError, match=message):
        read_state_dict(tmp_path / 'weights.pth')


def test_reads_bfloat16(tmp_path):
    """The values are exact, although NumPy lacks this type."""
    network = CREStereo(OFFICIAL, sign_flips=True).to(torch.bfloat16)
    torch.save(network.state_dict(), tmp_path / 'weights.pth')
    read = read_state_dict(tmp_path / 'weights.pth')
    for name, tensor in network.state_dict().items():
        np.testing.assert_array_equal(read[name], tensor.float().numpy())
