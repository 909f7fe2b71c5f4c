# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The network's weights by name, and the layer that most of them make."""

import numpy as np
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.graph import f32


class Weights:
    """
    Weights by their official names, as seen from one part of the network.

    `Weights(arrays)['fnet.conv1.weight']` and `Weights(arrays).part('fnet.conv1')['weight']`
    are the same array.
    """

    def __init__(self, arrays, prefix=''):
        self._arrays = arrays
        self._prefix = prefix

    def part(self, name):
        """Weights of the part `name`."""
        return Weights(self._arrays, f'{self._prefix}{name}.')

    def __getitem__(self, name):
        """Weight `name` as a float32 array; a KeyError has its full name."""
        return np.asarray(self._arrays[self._prefix + name], np.float32)


class Convolution:
    """A convolution that keeps height and width, or divides them by `stride`."""

    def __init__(self, weight, bias=None, stride=1):
        self._parameters = [f32(weight)] if bias is None else [f32(weight), f32(bias)]
        rows, columns = weight.shape[2:]
        self._pads = [rows // 2, columns // 2] * 2
        self._strides = [stride, stride]

    @classmethod
    def of(cls, weights, stride=1):
        """Convolution with the `weight` and `bias` of one part of the network."""
        return cls(weights['weight'], weights['bias'], stride)

    def __call__(self, x):
        """(N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        return op.conv(x, *self._parameters, pads=self._pads, strides=self._strides)
