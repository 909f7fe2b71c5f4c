# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
How the convolutions are computed: in float32 or half precision.

Everything else stays float32: positions need more than half precision's eleven bits, and on a CPU
the convolutions are most of the work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from spox import Var
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.constants import Constants

Activation = Callable[[Var], Var]


@dataclass(frozen=True, eq=False)
class Layer:
    """
    A convolution of the network.

    `name`: that of the official network. `weight`: (outputs, inputs, rows, columns). `bias`:
    (outputs,) or None. `pads`, `strides`: as ONNX's Conv has them. `constants`: of the graph.
    """

    name: str
    weight: np.ndarray
    bias: np.ndarray | None
    pads: Sequence[int]
    strides: Sequence[int]
    constants: Constants

    def constant(self, name: str, array: np.ndarray) -> Var:
        """Return a constant of the layer, such as its `weight`."""
        return self.constants.named(f'{self.name}.{name}', array)

    def parameters(self, dtype: type) -> list[Var]:
        """Return weight and, where there is one, bias as constants."""
        named = ('weight', self.weight), ('bias', self.bias)
        return [self.constant(x, array.astype(dtype)) for x, array in named if array is not None]


class Float32:
    """Convolutions in the precision that the network was trained in."""

    def convolve(self, x: Var, layer: Layer, activation: Activation | None) -> Var:
        """Convolve maps (N, inputs, H, W) and apply the activation."""
        parameters = layer.parameters(np.float32)
        y = op.conv(x, *parameters, pads=layer.pads, strides=layer.strides)
        return activation(y) if activation else y

    def maps(self, height: Var, width: Var) -> Maps:
        """Return the layout of maps of one size; `height` and `width` are int64 (1,)."""
        return Maps(self)


class Maps:
    """
    Maps (1, C, H, W) of one size: how they are laid out and convolved.

    `axis` is that of their channels. `invariants` are what the convolutions use of the graph
    outside of a loop, see `repeat`.
    """

    axis = 1

    def __init__(self, arithmetic: Float32) -> None:
        self._arithmetic = arithmetic
        self.invariants: Sequence[Var] = ()

    def convolve(self, x: Var, layer: Layer, activation: Activation | None) -> Var:
        """Convolve such a map, see `Float32`."""
        return self._arithmetic.convolve(x, layer, activation)

    def laid_out(self, x: Var) -> Var:
        """Return (1, C, H, W) in the layout of these maps."""
        return x

    def channels_first(self, x: Var) -> Var:
        """Return one of these maps as (1, C, H, W)."""
        return x


class Float16(Float32):
    """Half precision, for GPUs; a CPU converts back and forth and is slower for it."""

    def convolve(self, x: Var, layer: Layer, activation: Activation | None) -> Var:
        """Convolve, see `Float32`."""
        x, parameters = op.cast(x, to=np.float16), layer.parameters(np.float16)
        y = op.conv(x, *parameters, pads=layer.pads, strides=layer.strides)
        return op.cast(activation(y) if activation else y, to=np.float32)
