# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""PyTorch's own export of the network, which also made the files of the ONNX zoo."""

from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path
from unittest.mock import patch

import torch
from torch import nn

from training.network import correlation, CREStereo
from training.network.update import SeparableGRU


def export_plainly(
    network: CREStereo, kind: str, height: int, width: int, iterations: int, path: Path
) -> None:
    """
    Write a network as an ONNX file of fixed size and iterations, without sharing or folding.

    The operators are those of the published code: complete gate convolutions in every update, and
    GridSample. The network is not changed.

    :param kind: init, next or combined, with the inputs of PINTO_model_zoo 284 (see
        `training.zoo_model.build_zoo_model`)
    """
    network = deepcopy(network).requires_grad_(False)
    network.update_block.gru.__class__ = _WholeGRU
    image, half = (torch.rand(1, 3, height // n, width // n) for n in (1, 2))
    inputs = {
        'init': (image, image),
        'next': (image, image, torch.rand(1, 2, height // 2, width // 2)),
        'combined': (half, half, image, image),
    }[kind]
    # PyTorch cannot export the correlation for training, which defines its own gradient.
    with patch.object(correlation, '_WindowCorrelation', _TraceableCorrelation), torch.no_grad():
        torch.onnx.export(
            _ZooInputs(network, kind, iterations), inputs, path, dynamo=False, opset_version=16
        )


class _ZooInputs(nn.Module):
    """The network with the inputs of one kind of file."""

    def __init__(self, network: CREStereo, kind: str, iterations: int) -> None:
        super().__init__()
        self.network, self.kind, self.iterations = network, kind, iterations

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        coarse, fine = max(self.iterations // 2, 1), self.iterations
        if self.kind == 'init':
            return self.network(*inputs, coarse, fine).disparity
        if self.kind == 'next':
            return self.network(*inputs[:2], 0, fine, inputs[2]).disparity
        start = self.network(*inputs[:2], coarse, fine).disparity
        return self.network(*inputs[2:], 0, fine, start).disparity


class _WholeGRU(SeparableGRU):
    """The gates with complete convolutions over state, context and motion."""

    def context_shares(self, context: torch.Tensor) -> Iterable[torch.Tensor]:
        return [context]

    def forward(
        self, state: torch.Tensor, shares: Iterable[torch.Tensor], motion: torch.Tensor
    ) -> torch.Tensor:
        inputs = torch.cat((*shares, motion), 1)
        for convz, convr, convq in self._passes():
            both = torch.cat((state, inputs), 1)
            z, r = torch.sigmoid(convz(both)), torch.sigmoid(convr(both))
            candidate = torch.tanh(convq(torch.cat((r * state, inputs), 1)))
            state = (1 - z) * state + z * candidate
        return state


class _TraceableCorrelation:
    """The same values as in training, computed by operators that PyTorch can export."""

    @staticmethod
    def apply(left: torch.Tensor, padded: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
        height, width = left.shape[2:]
        planes = [
            (left * padded[..., y : y + height, x : x + width])
            .unflatten(1, (correlation.GROUPS, -1))
            .mean(dim=2)
            for y in range(rows)
            for x in range(columns)
        ]
        return torch.stack(planes, dim=2).flatten(1, 2)
