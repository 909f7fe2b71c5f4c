# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The network's weights by name, and the layer that most of them make."""

import numpy as np

from crestereo_ros.network.arithmetic import Float32


class Weights:
    """
    Weights by their official names, as seen from one part of the network.

    `Weights(arrays)['fnet.conv1.weight']` and `Weights(arrays).part('fnet.conv1')['weight']`
    are the same array. `arithmetic` says how their convolutions are computed,
    on maps (N, C, H, W) unless it lays them out otherwise.
    """

    def __init__(self, arrays, arithmetic=None, prefix=''):
        self._arrays = arrays
        self.arithmetic = arithmetic or Float32()
        self._prefix = prefix

    @property
    def name(self):
        """Name of the part."""
        return self._prefix.rstrip('.')

    def on(self, maps):
        """Return the same weights, for maps of one size and layout."""
        return Weights(self._arrays, maps, self._prefix)

    def part(self, name):
        """Weights of the part `name`."""
        return Weights(self._arrays, self.arithmetic, f'{self._prefix}{name}.')

    def __contains__(self, name):
        """Whether there is a weight or a part of this name."""
        name = self._prefix + name
        return any(x == name or x.startswith(f'{name}.') for x in self._arrays)

    def __getitem__(self, name):
        """Weight `name` as a float32 array; a KeyError has its full name."""
        return np.asarray(self._arrays[self._prefix + name], np.float32)


class Convolution:
    """
    A convolution that keeps height and width, or divides them by `stride`.

    `part` are its Weights. A `share` of it, (name, channels of the input), sees these only;
    without `biased`, the bias is left out.
    """

    def __init__(self, part, stride=1, share=('', slice(None)), biased=True):
        share, inputs = share
        self._weight = part['weight'][:, inputs]
        self._bias = part['bias'] if biased else None
        self._convolve = part.arithmetic.convolve
        self._name = f'{part.name}.{share}' if share else part.name
        rows, columns = self._weight.shape[2:]
        self._geometry = {
            'pads': [rows // 2, columns // 2] * 2,
            'strides': [stride, stride],
        }

    def __call__(self, x, activation=None):
        """(N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        return self._convolve(
            self._name, x, self._weight, self._bias, activation, **self._geometry
        )
