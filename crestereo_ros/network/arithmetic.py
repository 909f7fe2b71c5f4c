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

Activation = Callable[[Var], Var]


@dataclass
class Float32:
    """Convolutions in the precision that the network was trained in."""

    def convolve(
        self,
        name: str,
        x: Var,
        weight: np.ndarray,
        bias: np.ndarray | None,
        activation: Activation | None,
        *,
        pads: Sequence[int],
        strides: Sequence[int],
    ) -> Var:
        """
        Convolve maps and apply an activation.

        :param name: of the convolution in the official network
        :param x: maps, (N, inputs, H, W)
        :param weight: (outputs, inputs, rows, columns)
        :param bias: (outputs,)
        :param pads: as ONNX's Conv has them
        :param strides: as ONNX's Conv has them
        """
        parameters = [op.const(p, np.float32) for p in (weight, bias) if p is not None]
        y = op.conv(x, *parameters, pads=pads, strides=strides)
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

    def convolve(
        self,
        name: str,
        x: Var,
        weight: np.ndarray,
        bias: np.ndarray | None,
        activation: Activation | None,
        *,
        pads: Sequence[int],
        strides: Sequence[int],
    ) -> Var:
        """Convolve such a map, see `Float32`."""
        return self._arithmetic.convolve(
            name, x, weight, bias, activation, pads=pads, strides=strides
        )

    def laid_out(self, x: Var) -> Var:
        """Return (1, C, H, W) in the layout of these maps."""
        return x

    def channels_first(self, x: Var) -> Var:
        """Return one of these maps as (1, C, H, W)."""
        return x


class Float16(Float32):
    """Half precision, for GPUs; a CPU converts back and forth and is slower for it."""

    def convolve(
        self,
        name: str,
        x: Var,
        weight: np.ndarray,
        bias: np.ndarray | None,
        activation: Activation | None,
        *,
        pads: Sequence[int],
        strides: Sequence[int],
    ) -> Var:
        """Convolve, see `Float32`."""
        parameters = [op.const(p, np.float16) for p in (weight, bias) if p is not None]
        y = op.conv(op.cast(x, to=np.float16), *parameters, pads=pads, strides=strides)
        return op.cast(activation(y) if activation else y, to=np.float32)


@dataclass
class Observed(Float32):
    """
    Float32, for a calibration: the model puts out the ranges of all convolutions as well.

    `calls` has the name, the input and the output of each convolution in the model.
    """

    calls: list[tuple[str, Var, Var]] = field(default_factory=list)

    def convolve(
        self,
        name: str,
        x: Var,
        weight: np.ndarray,
        bias: np.ndarray | None,
        activation: Activation | None,
        *,
        pads: Sequence[int],
        strides: Sequence[int],
    ) -> Var:
        """Convolve, see `Float32`."""
        y = super().convolve(name, x, weight, bias, activation, pads=pads, strides=strides)
        self.calls.append((name, x, y))
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

    def convolve(
        self,
        name: str,
        x: Var,
        weight: np.ndarray,
        bias: np.ndarray | None,
        activation: Activation | None,
        *,
        pads: Sequence[int],
        strides: Sequence[int],
    ) -> Var:
        """Convolve, see `Float32`."""
        if name not in self.ranges:
            return super().convolve(name, x, weight, bias, activation, pads=pads, strides=strides)
        ranges = self.ranges[name]
        x, scale = _rounded(x, *ranges.input)
        each = np.abs(weight).max(axis=(1, 2, 3)).clip(1e-8) / 64
        whole = np.rint(weight / each.reshape(-1, 1, 1, 1)).astype(np.int8)
        parameters = [_real(whole, each)]
        if bias is not None:
            parameters.append(_real(np.rint(bias / (scale * each)).astype(np.int32), scale * each))
        y = op.conv(x, *parameters, pads=pads, strides=strides)
        return _rounded(activation(y) if activation else y, *ranges.output)[0]


def _rounded(x: Var, low: float, high: float) -> tuple[Var, float]:
    # `x` rounded to one of 256 steps from `low` to `high`, which include zero; and the step.
    low, high = min(low, 0.0), max(high, 0.0)
    scale = max((high - low) / 255, 1e-8)
    step, zero = op.const(scale, np.float32), op.const(round(-low / scale), np.uint8)
    return op.dequantize_linear(op.quantize_linear(x, step, zero), step, zero), scale


def _real(whole: np.ndarray, scales: np.ndarray) -> Var:
    zeros = np.zeros(len(scales), whole.dtype)
    constants = op.const(whole), op.const(scales, np.float32), op.const(zeros)
    return op.dequantize_linear(*constants, axis=0)
