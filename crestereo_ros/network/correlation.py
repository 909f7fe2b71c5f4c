# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Correlates each left feature with the right features around its match.

Adaptive group correlation of Li et al., CVPR 2022: features in four groups of channels, with nine
samples each, 1x9 in even updates and 3x3 in odd ones.
"""

from __future__ import annotations

import numpy as np
from spox import Var
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.graph import choose, f32, i64, shape, sizes, to_channels_last
from crestereo_ros.network.sampling import pixel_grid, Sampler

GROUPS = 4
SAMPLES = 9


class AdaptiveCorrelation:
    """
    Correlation at learned positions: the nine of the window, each moved by its offset.

    :param left: features, (1, C, H, W)
    :param right: features, (1, C, H, W)
    :param offsets: (1, 18, H, W), nine pairs (x, y)
    """

    def __init__(self, left: Var, right: Var, offsets: Var) -> None:
        size = sizes(left, 2, 4)
        self._left = _grouped(left)
        self._sample = Sampler(right)
        self._positions = op.add(pixel_grid(left), op.reshape(offsets, shape(SAMPLES, 2, size)))
        self.invariants = [self._left, self._positions, *self._sample.invariants]

    def __call__(self, flow: Var, wide: bool | Var) -> Var:
        """
        Compare with the features at the end of the flow.

        :param flow: (1, 2, H, W)
        :param wide: whether the window is 1x9, otherwise 3x3
        :returns: (1, 36, H, W)
        """
        window = choose(wide, lambda: f32(_window(True)), lambda: f32(_window(False)))
        window = op.reshape(window, i64(SAMPLES, 2, 1, 1))
        samples = self._sample(op.add(op.add(self._positions, flow), window))
        samples = op.reshape(samples, shape(SAMPLES, op.shape(self._left)))
        return _planes(_similarity(samples, self._left))


class LocalCorrelation:
    """
    Correlation with the right features warped by the flow, and with their neighbours.

    :param left: features, (1, C, H, W)
    :param right: features, (1, C, H, W)
    """

    def __init__(self, left: Var, right: Var) -> None:
        self._left = _grouped(left)
        self._sample = Sampler(right)
        self._grid = pixel_grid(left)
        self.invariants = [self._left, self._grid, *self._sample.invariants]

    def __call__(self, flow: Var, wide: bool | Var) -> Var:
        """Compare with the features at the end of the flow, see `AdaptiveCorrelation`."""
        warped = self._sample(op.add(self._grid, flow))
        warped = op.reshape(warped, op.shape(self._left))
        return choose(
            wide,
            lambda: self._compare(warped, _window(True)),
            lambda: self._compare(warped, _window(False)),
        )

    def _compare(self, warped: Var, window: np.ndarray) -> Var:
        reach_x, reach_y = window.max(axis=0).tolist()
        reach = [reach_y, reach_x, 0, 0]
        padded = op.pad(warped, i64(*reach, *reach), mode='edge')
        size = sizes(warped, 0, 2)
        planes = []
        for x, y in window.tolist():
            first = i64(reach_y + y, reach_x + x)
            neighbours = op.slice(padded, first, op.add(first, size), i64(0, 1))
            planes.append(op.unsqueeze(_similarity(neighbours, self._left), i64(0)))
        return _planes(op.concat(planes, axis=0))


def _window(wide: bool) -> np.ndarray:
    # Offsets (x, y) of the nine samples, row by row.
    columns, rows = (9, 1) if wide else (3, 3)
    y, x = np.mgrid[:rows, :columns]
    return np.stack([x.ravel() - columns // 2, y.ravel() - rows // 2], axis=1)


def _grouped(features: Var) -> Var:
    # (1, C, H, W) to (H, W, GROUPS, C / GROUPS).
    rows = to_channels_last(features)
    return op.reshape(rows, shape(sizes(rows, 1, 3), GROUPS, -1))


def _similarity(a: Var, b: Var) -> Var:
    # For each pixel and group: (..., H, W, GROUPS).
    return op.reduce_mean(op.mul(a, b), axes=[-1], keepdims=0)


def _planes(similarities: Var) -> Var:
    # (SAMPLES, H, W, GROUPS) to (1, GROUPS * SAMPLES, H, W).
    size = sizes(similarities, 1, 3)
    planes = op.transpose(similarities, perm=[3, 0, 1, 2])
    return op.reshape(planes, shape(1, GROUPS * SAMPLES, size))
