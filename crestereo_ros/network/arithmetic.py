# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
How the convolutions are computed: in float32, half precision or 8 bits.

All else stays float32: positions need more than half precision's eleven bits, and on a CPU the
convolutions are most of the work.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

import numpy as np
import spox.opset.ai.onnx.v17 as op


@dataclass
class Float32:
    """Convolutions as they were trained."""

    def convolve(self, name, x, weight, bias, activation, **geometry):
        """
        Convolve `x` with arrays `weight` and `bias` (or None) and apply `activation` (or None).

        `name` is the convolution's in the official network; `geometry` are Conv's attributes.
        """
        parameters = [op.const(p, np.float32) for p in (weight, bias) if p is not None]
        y = op.conv(x, *parameters, **geometry)
        return activation(y) if activation else y

    def maps(self, height, width):
        """Return Maps of a size; `height` and `width` are int64 vectors of one number."""
        return Maps(self)

    def observations(self):
        """Return outputs by name that a model of such convolutions has beside the disparity."""
        return {}


class Maps:
    """
    Maps (1, C, H, W) of one size: how they are laid out and convolved.

    `axis` is that of their channels. `invariants` are what the convolutions use of the graph
    around, see `repeat`.
    """

    axis = 1
    invariants = ()

    def __init__(self, arithmetic):
        self.convolve = arithmetic.convolve

    def laid_out(self, x):
        """Return (1, C, H, W) as these maps are laid out."""
        return x

    def channels_first(self, x):
        """Return one of these maps as (1, C, H, W)."""
        return x


class Float16(Float32):
    """Half precision, for GPUs; a CPU converts back and forth and is slower for it."""

    def convolve(self, name, x, weight, bias, activation, **geometry):
        """Convolve, see `Float32`."""
        parameters = [op.const(p, np.float16) for p in (weight, bias) if p is not None]
        y = op.conv(op.cast(x, to=np.float16), *parameters, **geometry)
        return op.cast(activation(y) if activation else y, to=np.float32)


@dataclass
class Observed(Float32):
    """
    Float32, for a calibration: the model puts out the ranges of all convolutions as well.

    `calls` has the name, the input and the output of each convolution in the model.
    """

    calls: list = field(default_factory=list)

    def convolve(self, name, x, weight, bias, activation, **geometry):
        """Convolve, see `Float32`."""
        y = super().convolve(name, x, weight, bias, activation, **geometry)
        self.calls.append((name, x, y))
        return y

    def observations(self):
        """
        Return outputs 'name/number': smallest and largest input and output, (4,) float32.

        A convolution has as many as there are calls of it, from number 0 on.
        """
        ranges, numbers = {}, defaultdict(count)
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

    Inputs and outputs are asymmetric by tensor, weights symmetric by output channel, written as
    QuantizeLinear and DequantizeLinear around the float operator, out of which ONNX Runtime and
    TensorRT make their own 8-bit convolutions. Weights go to 64 only, so that two products fit
    into 16 bits: processors without VNNI add them there, and saturate.
    """

    ranges: Mapping[str, Ranges]

    def convolve(self, name, x, weight, bias, activation, **geometry):
        """Convolve, see `Float32`."""
        if name not in self.ranges:
            return super().convolve(name, x, weight, bias, activation, **geometry)
        ranges = self.ranges[name]
        x, scale = _rounded(x, *ranges.input)
        each = np.abs(weight).max(axis=(1, 2, 3)).clip(1e-8) / 64
        whole = np.rint(weight / each.reshape(-1, 1, 1, 1)).astype(np.int8)
        parameters = [_real(whole, each)]
        if bias is not None:
            parameters.append(_real(np.rint(bias / (scale * each)).astype(np.int32), scale * each))
        y = op.conv(x, *parameters, **geometry)
        return _rounded(activation(y) if activation else y, *ranges.output)[0]


def _rounded(x, low, high):
    # `x` rounded to one of 256 steps from `low` to `high`, zero among them; and the step.
    low, high = min(low, 0.0), max(high, 0.0)
    scale = max((high - low) / 255, 1e-8)
    step, zero = op.const(scale, np.float32), op.const(round(-low / scale), np.uint8)
    return op.dequantize_linear(op.quantize_linear(x, step, zero), step, zero), scale


def _real(whole, scales):
    zeros = np.zeros(len(scales), whole.dtype)
    constants = op.const(whole), op.const(scales, np.float32), op.const(zeros)
    return op.dequantize_linear(*constants, axis=0)
