# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
How the convolutions are computed: in float32, half precision or 8 bits.

Everything else stays float32: positions need more than half precision's eleven bits, and on a CPU
the convolutions are most of the work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

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


@dataclass
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

    def observations(self) -> dict[str, Var]:
        """Return outputs by name that a model of such convolutions has beside the disparity."""
        return {}


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


@dataclass
class Observed(Float32):
    """
    Float32, for a calibration: the model puts out the ranges of all convolutions as well.

    `calls` has the name, the input and the output of each convolution in the model.
    """

    calls: list[tuple[str, Var, Var]] = field(default_factory=list)

    def convolve(self, x: Var, layer: Layer, activation: Activation | None) -> Var:
        """Convolve, see `Float32`."""
        y = super().convolve(x, layer, activation)
        self.calls.append((layer.name, x, y))
        return y

    def observations(self) -> dict[str, Var]:
        """
        Return smallest and largest input and output of each call of a convolution.

        :returns: float32 (4,) by 'name/number'; a convolution's calls are numbered from 0
        """
        ranges: dict[str, Var] = {}
        numbers: defaultdict[str, count[int]] = defaultdict(count)
        for name, x, y in self.calls:
            extremes = [f(v, keepdims=0) for v in (x, y) for f in (op.reduce_min, op.reduce_max)]
            axis = op.const([0], np.int64)
            extremes = [op.unsqueeze(extreme, axis) for extreme in extremes]
            ranges[f'{name}/{next(numbers[name])}'] = op.concat(extremes, axis=0)
        return ranges


@dataclass(frozen=True)
class Ranges:
    """Smallest and largest value of a convolution's input and of its (activated) output."""

    input: tuple[float, float]
    output: tuple[float, float]


@dataclass
class Int8(Float32):
    """
    8 bits where `ranges` has the name of the convolution, float32 elsewhere.

    Inputs and outputs are asymmetric by tensor, weights symmetric by output channel. Both are
    written as QuantizeLinear and DequantizeLinear around the float operator, from which ONNX
    Runtime and TensorRT make their own 8-bit convolutions. Weights go to 64 only, so that two
    products fit into 16 bits: processors without VNNI add them there, and saturate.
    """

    ranges: Mapping[str, Ranges]

    def convolve(self, x: Var, layer: Layer, activation: Activation | None) -> Var:
        """Convolve, see `Float32`."""
        if layer.name not in self.ranges:
            return super().convolve(x, layer, activation)
        ranges = self.ranges[layer.name]
        x, scale = _rounded(x, layer, 'input', ranges.input)
        each = np.abs(layer.weight).max(axis=(1, 2, 3)).clip(1e-8) / 64
        whole = np.rint(layer.weight / each.reshape(-1, 1, 1, 1)).astype(np.int8)
        parameters = [_real(layer, 'weight', whole, each)]
        if layer.bias is not None:
            steps = scale * each
            whole = np.rint(layer.bias / steps).astype(np.int32)
            parameters.append(_real(layer, 'bias', whole, steps))
        y = op.conv(x, *parameters, pads=layer.pads, strides=layer.strides)
        return _rounded(activation(y) if activation else y, layer, 'output', ranges.output)[0]


def _rounded(x: Var, layer: Layer, name: str, limits: tuple[float, float]) -> tuple[Var, float]:
    # `x` rounded to one of 256 steps between limits that include zero; and the step.
    low, high = min(limits[0], 0.0), max(limits[1], 0.0)
    scale = max((high - low) / 255, 1e-8)
    step = layer.constant(f'{name}.scale', np.array(scale, np.float32))
    zero = layer.constant(f'{name}.zero_point', np.array(round(-low / scale), np.uint8))
    return op.dequantize_linear(op.quantize_linear(x, step, zero), step, zero), scale


def _real(layer: Layer, name: str, whole: np.ndarray, scales: np.ndarray) -> Var:
    scale = layer.constant(f'{name}.scale', scales.astype(np.float32))
    zeros = op.const(np.zeros(len(scales), whole.dtype))
    return op.dequantize_linear(layer.constant(name, whole), scale, zeros, axis=0)
