# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Zoo files as they come about: PyTorch's own export of the network as it was published."""

import pytest
import torch

from training.network import CREStereo, OFFICIAL
from training.network.plain_export import export_plainly


@pytest.fixture(scope='session')
def export(tmp_path_factory):
    """Return a function that exports a network with zoo inputs and returns the file's path."""
    folder = tmp_path_factory.mktemp('zoo')

    def export(network, kind, height, width, iterations=2):
        path = folder / f'crestereo_{kind}_iter{iterations}_{height}x{width}.onnx'
        if not path.exists():
            export_plainly(network, kind, height, width, iterations, path)
        return path

    return export


@pytest.fixture(scope='session')
def published():
    """Return the published network; no two of its weights are equal."""
    torch.manual_seed(0)
    network = CREStereo(OFFICIAL, sign_flips=True)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() == 1:
                parameter += 0.05 * torch.randn_like(parameter)
    return network
