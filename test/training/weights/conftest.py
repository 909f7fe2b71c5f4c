# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files like those of the ONNX zoo: PyTorch's own export of the published network."""

import pytest
import torch
from torch import nn
import torch.nn.functional as F

from training.network import CREStereo, OFFICIAL
from training.network.attention import position_encoding
from training.network.correlation import correlate_adaptive, GROUPS, pixel_grid, sample


class Published(nn.Module):
    """
    The network with the operations in the published order and the inputs of one kind of file.

    The features at 1/8 of the size come before those at 1/16. The cross attention is repeated
    in every update.
    """

    def __init__(self, network, kind, iterations):
        super().__init__()
        self.network, self.kind, self.iterations = network, kind, iterations

    def forward(self, *inputs):
        if self.kind == 'combined':
            return self.disparity(*inputs[2:], self.disparity(*inputs[:2]))
        return self.disparity(*inputs)

    def disparity(self, left, right, flow_init=None):
        network, iterations = self.network, self.iterations
        features = network.fnet(2 * torch.cat((left, right)) / 255 - 1).chunk(2)
        size = features[0].shape[2:]
        state, context = features[0].chunk(2, dim=1)
        state, context = torch.tanh(state), F.relu(context)
        if flow_init is None:
            at_8 = [F.avg_pool2d(x, 2) for x in features]
            offsets_8 = 2 * (torch.sigmoid(network.conv_offset_8(at_8[0])) - 0.5)
            at_16 = [F.avg_pool2d(x, 4) for x in features]
            offsets_16 = 2 * (torch.sigmoid(network.conv_offset_16(at_16[0])) - 0.5)
            encoding = position_encoding(OFFICIAL.features, *at_16[0].shape[2:], like=left)
            at_16 = network.self_att_fn(*(x + encoding for x in at_16))

            def correlate_16(flow, wide):
                return correlate_adaptive(*network.cross_att_fn(*at_16), flow, offsets_16, wide)

            def correlate_8(flow, wide):
                return correlate_adaptive(*at_8, flow, offsets_8, wide)

            coarse = max(iterations // 2, 1)
            small = [F.avg_pool2d(x, 4) for x in (state, context)]
            flow = self.refine(correlate_16, *small, torch.zeros_like(offsets_16[:, :2]), coarse)
            small = [F.avg_pool2d(x, 2) for x in (state, context)]
            flow = -resize(flow, small[0].shape[2:])
            flow = -resize(self.refine(correlate_8, *small, flow, coarse), size)
        else:
            flow = -resize(flow_init, size)
        flow = self.refine(
            lambda flow, wide: correlate_local(*features, flow, wide),
            state,
            context,
            flow,
            iterations,
        )
        return -flow

    def refine(self, correlate, state, context, flow, updates):
        block = self.network.update_block
        for index in range(updates):
            motion = block.encoder(flow, correlate(flow, index % 2 == 0))
            inputs = torch.cat((context, motion), 1)
            for way in '12':
                gates = (getattr(block.gru, f'conv{gate}{way}') for gate in 'zrq')
                state = gated(*gates, state, inputs)
            flow = flow + block.flow_head(state)
        return block.upsample(flow, state)


def gated(convz, convr, convq, state, inputs):
    both = torch.cat((state, inputs), 1)
    z, r = torch.sigmoid(convz(both)), torch.sigmoid(convr(both))
    return (1 - z) * state + z * torch.tanh(convq(torch.cat((r * state, inputs), 1)))


def correlate_local(left, right, flow, wide):
    warped = sample(right, pixel_grid(left) + flow.permute(0, 2, 3, 1))
    rows, columns = (1, 9) if wide else (3, 3)
    sides = 2 * [columns // 2] + 2 * [rows // 2]
    padded = F.pad(warped, sides, mode='replicate')
    height, width = left.shape[2:]
    planes = [
        (left * padded[..., y : y + height, x : x + width]).unflatten(1, (GROUPS, -1)).mean(2)
        for y in range(rows)
        for x in range(columns)
    ]
    return torch.stack(planes, dim=2).flatten(1, 2)


def resize(flow, size):
    scale = size[0] / flow.shape[2]
    return scale * F.interpolate(flow, size=size, mode='bilinear', align_corners=True)


@pytest.fixture(scope='session')
def export(tmp_path_factory):
    """Return a function that exports a network with the zoo's inputs and returns the path."""
    folder = tmp_path_factory.mktemp('zoo')

    def export(network, kind, height, width, iterations=2, folded=True):
        name = f'crestereo_{kind}_iter{iterations}_{height}x{width}'
        path = folder / f'{name}{"" if folded else "_unfolded"}.onnx'
        if not path.exists():
            image, half = (torch.rand(1, 3, height // n, width // n) for n in (1, 2))
            inputs = {
                'init': (image, image),
                'next': (image, image, torch.rand(1, 2, height // 2, width // 2)),
                'combined': (half, half, image, image),
            }[kind]
            with torch.no_grad():
                torch.onnx.export(
                    Published(network, kind, iterations),
                    inputs,
                    path,
                    dynamo=False,
                    opset_version=16,
                    do_constant_folding=folded,
                )
        return path

    return export


@pytest.fixture(scope='session')
def published():
    """Return the published network with weights that all differ."""
    torch.manual_seed(0)
    network = CREStereo(OFFICIAL, sign_flips=True)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() == 1:
                parameter += 0.05 * torch.randn_like(parameter)
    return network.requires_grad_(False)
