# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Zoo files as they come about: PyTorch's own export of the network as it was published."""

import pytest
import torch
from torch import nn

from training.network import correlation, CREStereo, OFFICIAL
from training.network.update import SeparableGRU


class PublishedGRU(SeparableGRU):
    """The gates with whole convolutions over state, context and motion."""

    def context_shares(self, context):
        return context

    def forward(self, state, shares, motion):
        inputs = torch.cat((shares, motion), 1)
        for convz, convr, convq in self._passes():
            both = torch.cat((state, inputs), 1)
            z, r = torch.sigmoid(convz(both)), torch.sigmoid(convr(both))
            candidate = torch.tanh(convq(torch.cat((r * state, inputs), 1)))
            state = (1 - z) * state + z * candidate
        return state


class Zoo(nn.Module):
    """The network behind the inputs of one kind of file."""

    def __init__(self, network, kind, iterations):
        super().__init__()
        self.network, self.kind, self.iterations = network, kind, iterations

    def forward(self, *inputs):
        coarse, fine = max(self.iterations // 2, 1), self.iterations
        if self.kind == 'init':
            return self.network(*inputs, coarse, fine)[-1]
        if self.kind == 'next':
            return self.network(*inputs[:2], 0, fine, inputs[2])[-1]
        start = self.network(*inputs[:2], coarse, fine)[-1]
        return self.network(*inputs[2:], 0, fine, start)[-1]


class _TraceableCorrelation:
    """The same values as the training's, in operators that can be exported."""

    @staticmethod
    def apply(left, padded, rows, columns):
        height, width = left.shape[2:]
        planes = [
            (left * padded[..., y : y + height, x : x + width])
            .unflatten(1, (correlation.GROUPS, -1))
            .mean(dim=2)
            for y in range(rows)
            for x in range(columns)
        ]
        return torch.stack(planes, dim=2).flatten(1, 2)


@pytest.fixture(scope='session')
def export(tmp_path_factory):
    """Return a function that exports a network with zoo inputs and returns the file's path."""
    folder = tmp_path_factory.mktemp('zoo')

    def export(network, kind, height, width, iterations=2):
        path = folder / f'crestereo_{kind}_iter{iterations}_{height}x{width}.onnx'
        if path.exists():
            return path
        image, half = (torch.rand(1, 3, height // n, width // n) for n in (1, 2))
        inputs = {
            'init': (image, image),
            'next': (image, image, torch.rand(1, 2, height // 2, width // 2)),
            'combined': (half, half, image, image),
        }[kind]
        with pytest.MonkeyPatch.context() as patch, torch.no_grad():
            patch.setattr(correlation, '_WindowCorrelation', _TraceableCorrelation)
            torch.onnx.export(
                Zoo(network, kind, iterations), inputs, path, dynamo=False, opset_version=16
            )
        return path

    return export


@pytest.fixture(scope='session')
def published():
    """Return the published network; no two of its weights are equal."""
    torch.manual_seed(0)
    network = CREStereo(OFFICIAL, sign_flips=True)
    network.update_block.gru.__class__ = PublishedGRU
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() == 1:
                parameter += 0.05 * torch.randn_like(parameter)
    return network
