# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Convolutions with fewer multiplications: Winograd's minimal filtering.

After Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016: a tile of
the input is transformed, multiplied point by point with the transformed kernel, and transformed
back. Four outputs of three taps take 6 multiplications instead of 12, of five taps 8 instead of
20, and along both axes the gain is squared. The products of all tiles and channels are matrix
products. It costs two digits of precision.
"""

import numpy as np
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.arithmetic import Float32, Maps
from crestereo_ros.network.graph import (
    f32,
    i64,
    integers,
    shape,
    to_channels_first,
    to_channels_last,
)

OUTPUTS = 4
# A tile of n values needs n - 1 and infinity. Of small numbers these round least, the first five
# for three taps and all for five.
POINTS = (0, 1, -1, -2, 0.5, -0.5, 3)


def transforms(outputs, taps):
    """
    Return matrices (back, of_kernel, of_input) of the minimal filtering F(outputs, taps).

    For a kernel g (taps,) and a tile d (outputs + taps - 1,), the correlation of d with g is
    back @ ((of_kernel @ g) * (of_input @ d)). By the transposed Toom-Cook algorithm: polynomials
    are multiplied by their values at points, infinity the last of them.
    """
    values = outputs + taps - 1

    def evaluate(coefficients):
        at_points = np.vander(POINTS[: values - 1], coefficients, increasing=True)
        at_infinity = np.eye(coefficients)[-1:]
        return np.vstack([at_points, at_infinity])

    return evaluate(outputs).T, evaluate(taps), np.linalg.inv(evaluate(values)).T


class Winograd(Float32):
    """
    Float32 with fewer multiplications in the updates, for wide networks on a CPU.

    The transforms cost about two digits, of the three that a GPU has where it multiplies in TF32.
    """

    def maps(self, height, width):
        """Return Maps (1, H, W, C) of a size, see `Float32`."""
        return _WinogradMaps(height, width)


class _WinogradMaps(Maps):
    """Maps (1, H, W, C), which as rows of channels are what is gathered and multiplied."""

    FEWEST_OUTPUTS = 8  # for which the transforms of the input pay
    axis = -1

    def __init__(self, height, width):
        self._tilings = {
            kernel: Tiling(kernel, height, width) for kernel in ((3, 3), (1, 5), (5, 1))
        }
        self.invariants = [x for tiling in self._tilings.values() for x in tiling.invariants]

    def convolve(self, name, x, weight, bias, activation, **geometry):
        """Convolve, see `Float32`."""
        outputs, _, *kernel = weight.shape
        if kernel == [1, 1]:
            y = op.matmul(x, f32(weight[..., 0, 0].T))
        elif tuple(kernel) in self._tilings and outputs >= self.FEWEST_OUTPUTS:
            y = self._tilings[tuple(kernel)].convolve(x, weight)
        else:
            x = to_channels_first(x)
            return to_channels_last(
                Float32().convolve(name, x, weight, bias, activation, **geometry)
            )
        if bias is not None:
            y = op.add(y, f32(bias))
        return activation(y) if activation else y

    def laid_out(self, x):
        """Return (1, C, H, W) as these maps are laid out."""
        return to_channels_last(x)

    def channels_first(self, x):
        """Return one of these maps as (1, C, H, W)."""
        return to_channels_first(x)


class Tiling:
    """
    Where the tiles of a map lie, for kernels of one shape.

    `kernel`: (rows, columns), of which one may be 1. `height`, `width`: int64 vectors of one
    number. Around the map are zeros.
    """

    def __init__(self, kernel, height, width):
        outputs = [OUTPUTS if taps > 1 else 1 for taps in kernel]
        matrices = [transforms(m, taps) for m, taps in zip(outputs, kernel, strict=True)]
        back, self._of_kernel, of_input = ([each[part] for each in matrices] for part in range(3))
        back, of_input = np.kron(*back), np.kron(*of_input)
        self._back, self._of_input = f32(back), f32(of_input)
        self._points = len(of_input)
        rows = _Axis(outputs[0], kernel[0], height)
        columns = _Axis(outputs[1], kernel[1], width)

        inside = op.and_(_as_rows(rows.inside), columns.inside)
        read = op.add(op.mul(_as_rows(rows.read), width), columns.read)
        read = op.where(inside, read, op.mul(height, width))  # the row of zeros behind the map
        # (row in the tile, row of tiles, column in the tile, column of tiles) to points by tiles.
        read = op.transpose(read, perm=[0, 2, 1, 3])
        self._read = op.reshape(read, i64(self._points, -1))
        slot = op.add(op.mul(_as_rows(rows.slot), i64(outputs[1])), columns.slot)
        tile = op.add(op.mul(_as_rows(rows.tile), columns.tiles), columns.tile)
        write = op.add(op.mul(slot, op.mul(rows.tiles, columns.tiles)), tile)
        self._write = op.reshape(write, i64(-1))
        self.invariants = [self._read, self._write]
        self._latest = self._tiles = None

    def convolve(self, x, weight):
        """Convolve x (1, H, W, inputs) with an array (outputs, inputs, rows, columns)."""
        outputs, inputs = weight.shape[:2]
        if x is not self._latest:  # the gates of a pass have the same input
            self._latest, self._tiles = x, self._tiles_of(x, inputs)
        kernel = np.einsum('pr,qc,oirc->pqio', *self._of_kernel, weight)
        products = op.matmul(self._tiles, f32(kernel.reshape(self._points, inputs, outputs)))
        y = op.matmul(self._back, op.reshape(products, i64(self._points, -1)))
        y = op.gather(op.reshape(y, i64(-1, outputs)), self._write)
        return op.reshape(y, shape(op.slice(op.shape(x), i64(0), i64(3)), outputs))

    def _tiles_of(self, x, inputs):
        # Transformed, (points, tiles, inputs).
        rows = op.concat([op.reshape(x, i64(-1, inputs)), f32(np.zeros((1, inputs)))], axis=0)
        tiles = op.reshape(op.gather(rows, self._read), i64(self._points, -1))
        return op.reshape(op.matmul(self._of_input, tiles), i64(self._points, -1, inputs))


class _Axis:
    """Tiles along one axis of a map: what each reads, and which one an output comes from."""

    def __init__(self, outputs, taps, length):
        self.tiles = op.div(op.add(length, i64(outputs - 1)), i64(outputs))
        first = op.mul(integers(0, self.tiles), i64(outputs))
        within = np.arange(outputs + taps - 1).reshape(-1, 1) - taps // 2
        self.read = op.add(op.const(within, np.int64), first)
        self.inside = op.and_(op.greater_or_equal(self.read, i64(0)), op.less(self.read, length))
        position = integers(0, length)
        self.tile = op.div(position, i64(outputs))
        self.slot = op.mod(position, i64(outputs))


def _as_rows(x):
    # So that it varies along other axes than what it is combined with.
    rank = len(x.unwrap_tensor().shape)
    return op.unsqueeze(x, i64(*range(rank, 2 * rank)))
