# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The network's weights by name, and convolutions with them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from spox import Var

from crestereo_ros.network.arithmetic import Activation, Float32, Layer, Maps
from crestereo_ros.network.constants import Constants


class Weights:
    """
    Weights by official name, relative to one part of the network.

    `Weights(arrays)['fnet.conv1.weight']` and `Weights(arrays).part('fnet.conv1')['weight']`
    are the same array.

    :param arrays: the weights by full name
    :param arithmetic: how to compute the convolutions, in float32 by default
    :param prefix: the prefix of the part's names
    :param maps: the maps to convolve, (N, C, H, W) by default
    :param constants: the constants of the graph, new ones by default
    """

    def __init__(
        self,
        arrays: Mapping[str, np.ndarray],
        arithmetic: Float32 | None = None,
        prefix: str = '',
        maps: Maps | None = None,
        constants: Constants | None = None,
    ) -> None:
        self._arrays = arrays
        self.arithmetic = arithmetic or Float32()
        self._prefix = prefix
        self.maps = maps or Maps(self.arithmetic)
        self.constants = constants or Constants()

    @property
    def name(self) -> str:
        """The name of the part."""
        return self._prefix.rstrip('.')

    def for_maps(self, maps: Maps) -> Weights:
        """Return the same weights for maps of one size and layout."""
        return Weights(self._arrays, self.arithmetic, self._prefix, maps, self.constants)

    def part(self, name: str) -> Weights:
        """Return the weights of a part."""
        prefix = f'{self._prefix}{name}.'
        return Weights(self._arrays, self.arithmetic, prefix, self.maps, self.constants)

    def __contains__(self, name: str) -> bool:
        """Return whether there is a weight or a part with this name."""
        name = self._prefix + name
        return any(x == name or x.startswith(f'{name}.') for x in self._arrays)

    def __getitem__(self, name: str) -> np.ndarray:
        """
        Return a weight as a float32 array.

        :raises KeyError: if it is missing; the error has its full name
        """
        return np.asarray(self._arrays[self._prefix + name], np.float32)

    def constant(self, name: str) -> Var:
        """
        Return a weight as a float32 constant of the graph.

        :raises KeyError: if it is missing; the error has its full name
        """
        return self.constants.named(self._prefix + name, self[name])


class Convolution:
    """
    A convolution that keeps height and width, or divides them by the stride.

    :param part: its weights
    :param share: the name and input channels of a part of it that uses only these channels
    :param biased: whether to add the bias
    """

    def __init__(
        self,
        part: Weights,
        stride: int = 1,
        share: tuple[str, np.ndarray | slice] = ('', slice(None)),
        biased: bool = True,
    ) -> None:
        share_name, inputs = share
        weight = part['weight'][:, inputs]
        rows, columns = weight.shape[2:]
        self._maps = part.maps
        self._layer = Layer(
            f'{part.name}.{share_name}' if share_name else part.name,
            weight,
            part['bias'] if biased else None,
            pads=[rows // 2, columns // 2] * 2,
            strides=[stride, stride],
            constants=part.constants,
        )

    def __call__(self, x: Var, activation: Activation | None = None) -> Var:
        """Convolve (N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        return self._maps.convolve(x, self._layer, activation)
