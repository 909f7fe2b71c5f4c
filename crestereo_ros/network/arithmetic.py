# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Computes the convolutions in float32 or half precision.

Everything else stays in float32: positions need more than the eleven bits of half precision, and
on a CPU the convolutions are most of the work.
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

    `name`: as in the official network. `weight`: (outputs, inputs, rows, columns). `bias`:
    (outputs,) or None. `pads`, `strides`: as in ONNX's Conv. `constants`: those of the graph.
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
        """Return the weight and, if there is one, the bias as constants."""
        named = ('weight', self.weight), ('bias', self.bias)
        return [self.constant(x, array.astype(dtype)) for x, array in named if array is not None]


class Float32:
    """Convolutions in float32, the precision of the training."""

    def convolve(self, x: Var, layer: Layer, activation: Activation | None) -> Var:
        """Convolve maps (N, inputs, H, W), then apply the activation."""
        parameters = layer.parameters(np.float32)
        y = op.conv(x, *parameters, pads=layer.pads, strides=layer.strides)
        return activation(y) if activation else y

    def maps(self, height: Var, width: Var) -> Maps:
        """Return the layout for maps of one size; `height` and `width` are int64 (1,)."""
        return Maps(self)


class Maps:
    """
    Layout and convolution of maps (1, C, H, W) of one size.

    `axis` is the axis of the channels. `invariants` are the values from outside a loop that the
    convolutions use, see `repeat`.
    """

    axis = 1

    def __init__(self, arithmetic: Float32) -> None:
        self._arithmetic = arithmetic
        self.invariants: Sequence[Var] = ()

    def convolve(self, x: Var, layer: Layer, activation: Activation | None) -> Var:
        """Convolve one of these maps, see `Float32`."""
        return self._arithmetic.convolve(x, layer, activation)

    def laid_out(self, x: Var) -> Var:
        """Return (1, C, H, W) in the layout of these maps."""
        return x

    def channels_first(self, x: Var) -> Var:
        """Return one of these maps as (1, C, H, W)."""
        return x


class Float16(Float32):
    """Half precision, for GPUs. A CPU converts back and forth, and so is slower."""

    def convolve(self, x: Var, layer: Layer, activation: Activation | None) -> Var:
        """Convolve, see `Float32`."""
        x, parameters = op.cast(x, to=np.float16), layer.parameters(np.float16)
        y = op.conv(x, *parameters, pads=layer.pads, strides=layer.strides)
        return op.cast(activation(y) if activation else y, to=np.float32)
