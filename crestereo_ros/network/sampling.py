# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Samples features bilinearly, with zero outside the image."""

from __future__ import annotations

import numpy as np
from spox import Var
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.graph import count, f32, i64, shape, sizes, to_channels_last


def pixel_grid(features: Var) -> Var:
    """Return the positions (x, y) of the pixels of (1, C, H, W) features, (1, 2, H, W)."""
    height, width = sizes(features, 2, 3), sizes(features, 3, 4)
    plane = shape(1, 1, height, width)
    x = op.expand(count(0, width), plane)
    y = op.expand(op.unsqueeze(count(0, height), i64(1)), plane)
    return op.concat([x, y], axis=1)


class Sampler:
    """
    Samples of one feature map.

    The map has a border of one zero pixel and its channels last. So the four neighbours of a
    position are four rows to gather, which a CPU does several times faster than GridSample. A
    small matrix product for each position mixes the four.

    :param features: (1, C, H, W)
    """

    def __init__(self, features: Var) -> None:
        channels, height, width = (sizes(features, axis, axis + 1) for axis in (1, 2, 3))
        bordered = op.pad(features, i64(0, 0, 1, 1, 0, 0, 1, 1))
        self._rows = op.reshape(to_channels_last(bordered), shape(-1, channels))
        self._last_x, self._last_y = (op.cast(size, to=np.float32) for size in (width, height))
        self._line = op.add(width, i64(2))
        self.invariants = [self._rows, self._last_x, self._last_y, self._line]

    def __call__(self, positions: Var) -> Var:
        """Sample at pixel positions (x, y), (N, 2, H, W); returns (N * H * W, C)."""
        x, y = (op.reshape(p, i64(1, -1)) for p in op.split(positions, outputs_count=2, axis=1))
        x, right = _cell(x, self._last_x)
        y, below = _cell(y, self._last_y)
        corner = op.add(op.mul(y, self._line), x)
        steps = shape(0, 1, self._line, op.add(self._line, i64(1)))
        indices = op.add(corner, op.unsqueeze(steps, i64(1)))
        neighbours = op.gather(self._rows, op.transpose(indices, perm=[1, 0]), axis=0)
        left, above = op.sub(f32(1), right), op.sub(f32(1), below)
        weights = op.concat([op.mul(a, b) for a in (above, below) for b in (left, right)], axis=0)
        weights = op.unsqueeze(op.transpose(weights, perm=[1, 0]), i64(1))
        return op.squeeze(op.matmul(weights, neighbours), i64(1))


def _cell(position: Var, last: Var) -> tuple[Var, Var]:
    # Return the index of the cell in the map with its border, and the position inside the cell.
    # Beyond the border samples are zero, as they are on it.
    position = op.clip(op.add(position, f32(1)), f32(0), op.add(op.squeeze(last), f32(1)))
    cell = op.min([op.floor(position), last])
    return op.cast(cell, to=np.int64), op.sub(position, cell)
