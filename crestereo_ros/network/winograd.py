# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Convolutions with fewer multiplications: Winograd's minimal filtering.

After Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016: a tile of
the input is transformed, multiplied point by point with the transformed kernel, and transformed
back. Four outputs take 6 multiplications instead of 12 for three taps, and 8 instead of 20 for
five. Along both axes, the gain is squared. The products of all tiles and channels are matrix
products. The method costs two digits of precision.
"""

from __future__ import annotations

import numpy as np
from spox import Var
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.arithmetic import Activation, Float32, Layer, Maps
from crestereo_ros.network.graph import (
    f32,
    i64,
    integers,
    shape,
    to_channels_first,
    to_channels_last,
)

OUTPUTS = 4
# A tile of n values needs n - 1 points and infinity. Among small numbers, these have the smallest
# rounding errors: the first five for three taps, all seven for five taps.
POINTS = (0, 1, -1, -2, 0.5, -0.5, 3)


def transforms(outputs: int, taps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Return the matrices of the minimal filtering F(outputs, taps).

    They follow from the transposed Toom-Cook algorithm, which multiplies polynomials through their
    values at points, the last of which is infinity.

    :returns: (back, of_kernel, of_input). For a kernel g (taps,) and a tile d (outputs + taps -
        1,), the correlation of d with g is back @ ((of_kernel @ g) * (of_input @ d)).
    """
    values = outputs + taps - 1

    def evaluate(coefficients: int) -> np.ndarray:
        at_points = np.vander(POINTS[: values - 1], coefficients, increasing=True)
        at_infinity = np.eye(coefficients)[-1:]
        return np.vstack([at_points, at_infinity])

    return evaluate(outputs).T, evaluate(taps), np.linalg.inv(evaluate(values)).T


class Winograd(Float32):
    """
    Float32 with fewer multiplications in the updates, for wide networks on a CPU.

    The transforms cost about two digits. A GPU that multiplies in TF32 has only three.
    """

    def maps(self, height: Var, width: Var) -> Maps:
        """Return Maps (1, H, W, C) of a size, see `Float32`."""
        return _WinogradMaps(height, width)


class _WinogradMaps(Maps):
    """Maps (1, H, W, C), whose rows of channels can be gathered and multiplied directly."""

    MIN_OUTPUTS = 8  # for fewer, transforming the input costs more than it saves
    axis = -1

    def __init__(self, height: Var, width: Var) -> None:
        super().__init__(Float32())
        self._tilings = {
            kernel: Tiling(kernel, height, width) for kernel in ((3, 3), (1, 5), (5, 1))
        }
        self.invariants = [x for tiling in self._tilings.values() for x in tiling.invariants]

    def convolve(self, x: Var, layer: Layer, activation: Activation | None) -> Var:
        """Convolve, see `Float32`."""
        outputs, inputs, rows, columns = layer.weight.shape
        kernel = rows, columns
        weight = layer.constant('weight', layer.weight)
        if kernel == (1, 1):
            inner = op.reshape(weight, i64(outputs, -1))
            y = op.matmul(x, op.transpose(inner, perm=[1, 0]))
        elif kernel in self._tilings and outputs >= self.MIN_OUTPUTS:
            y = self._tilings[kernel].convolve(x, weight, inputs, outputs)
        else:
            return to_channels_last(super().convolve(to_channels_first(x), layer, activation))
        if layer.bias is not None:
            y = op.add(y, layer.constant('bias', layer.bias))
        return activation(y) if activation else y

    def laid_out(self, x: Var) -> Var:
        """Return (1, C, H, W) in the layout of these maps."""
        return to_channels_last(x)

    def channels_first(self, x: Var) -> Var:
        """Return one of these maps as (1, C, H, W)."""
        return to_channels_first(x)


class Tiling:
    """
    The positions of the tiles of a map, for kernels of one shape.

    Zeros surround the map.

    :param kernel: rows and columns; one of them may be 1
    :param height: height of the map, int64 (1,)
    :param width: width of the map, int64 (1,)
    """

    def __init__(self, kernel: tuple[int, int], height: Var, width: Var) -> None:
        outputs = [OUTPUTS if taps > 1 else 1 for taps in kernel]
        matrices = [transforms(m, taps) for m, taps in zip(outputs, kernel, strict=True)]
        backs, of_kernels, of_inputs = zip(*matrices, strict=True)
        of_input = np.kron(*of_inputs)
        self._back, self._of_input = f32(np.kron(*backs)), f32(of_input)
        self._of_kernel = f32(np.kron(*of_kernels))
        self._points = len(of_input)
        rows = _Axis(outputs[0], kernel[0], height)
        columns = _Axis(outputs[1], kernel[1], width)

        inside = op.and_(_as_rows(rows.inside), columns.inside)
        read = op.add(op.mul(_as_rows(rows.read), width), columns.read)
        read = op.where(inside, read, op.mul(height, width))  # the row of zeros after the map
        # (row in the tile, row of tiles, column in the tile, column of tiles) to points by tiles.
        read = op.transpose(read, perm=[0, 2, 1, 3])
        self._read = op.reshape(read, i64(self._points, -1))
        slot = op.add(op.mul(_as_rows(rows.slot), i64(outputs[1])), columns.slot)
        tile = op.add(op.mul(_as_rows(rows.tile), columns.tiles), columns.tile)
        write = op.add(op.mul(slot, op.mul(rows.tiles, columns.tiles)), tile)
        self._write = op.reshape(write, i64(-1))
        self.invariants = [self._read, self._write]
        self._latest: tuple[Var, Var] | None = None  # a map and its transformed tiles

    def convolve(self, x: Var, weight: Var, inputs: int, outputs: int) -> Var:
        """
        Convolve a map.

        :param x: (1, H, W, inputs)
        :param weight: (outputs, inputs, rows, columns), a constant: ONNX Runtime transforms it
            once, when it opens the file
        :returns: (1, H, W, outputs)
        """
        if self._latest is None or x is not self._latest[0]:
            self._latest = x, self._tiles_of(x, inputs)
        tiles = self._latest[1]  # the gates of a pass have the same input
        kernel = op.reshape(op.transpose(weight, perm=[2, 3, 1, 0]), i64(-1, inputs * outputs))
        kernel = op.matmul(self._of_kernel, kernel)
        products = op.matmul(tiles, op.reshape(kernel, i64(self._points, inputs, outputs)))
        y = op.matmul(self._back, op.reshape(products, i64(self._points, -1)))
        y = op.gather(op.reshape(y, i64(-1, outputs)), self._write)
        return op.reshape(y, shape(op.slice(op.shape(x), i64(0), i64(3)), outputs))

    def _tiles_of(self, x: Var, inputs: int) -> Var:
        # Transformed, (points, tiles, inputs).
        rows = op.concat([op.reshape(x, i64(-1, inputs)), f32(np.zeros((1, inputs)))], axis=0)
        tiles = op.reshape(op.gather(rows, self._read), i64(self._points, -1))
        return op.reshape(op.matmul(self._of_input, tiles), i64(self._points, -1, inputs))


class _Axis:
    """Tiles along one axis of a map: what each one reads, and where an output comes from."""

    def __init__(self, outputs: int, taps: int, length: Var) -> None:
        self.tiles = op.div(op.add(length, i64(outputs - 1)), i64(outputs))
        first = op.mul(integers(0, self.tiles), i64(outputs))
        within = np.arange(outputs + taps - 1).reshape(-1, 1) - taps // 2
        self.read = op.add(op.const(within, np.int64), first)
        self.inside = op.and_(op.greater_or_equal(self.read, i64(0)), op.less(self.read, length))
        position = integers(0, length)
        self.tile = op.div(position, i64(outputs))
        self.slot = op.mod(position, i64(outputs))


def _as_rows(x: Var) -> Var:
    # Moves its axes in front of those that it is combined with.
    rank = len(x.unwrap_tensor().shape or ())
    return op.unsqueeze(x, i64(*range(rank, 2 * rank)))
