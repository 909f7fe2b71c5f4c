# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The feature encoder: turns images into features at a quarter of their size."""

from __future__ import annotations

import numpy as np
from spox import Var
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.graph import f32
from crestereo_ros.network.weights import Convolution, Weights


def encode(images: Var, weights: Weights) -> Var:
    """Turn (N, 3, H, W) images in -1..1 into features (N, C, H / 4, W / 4)."""
    x = op.relu(_normalised(images, weights.part('conv1'), stride=2))
    for layer, stride in ('layer1', 1), ('layer2', 2), ('layer3', 1):
        x = _residual(x, weights.part(f'{layer}.0'), stride)
        x = _residual(x, weights.part(f'{layer}.1'), stride=1)
    return Convolution(weights.part('conv2'))(x)


def _residual(x: Var, weights: Weights, stride: int) -> Var:
    y = op.relu(_normalised(x, weights.part('conv1'), stride))
    y = op.relu(_normalised(y, weights.part('conv2'), stride=1))
    return op.relu(op.add(_normalised(x, weights.part('downsample.0'), stride), y))


def _normalised(x: Var, weights: Weights, stride: int) -> Var:
    # Convolution, then an instance norm without parameters.
    channels = len(weights['bias'])
    return op.instance_normalization(
        Convolution(weights, stride)(x),
        f32(np.ones(channels)),
        f32(np.zeros(channels)),
        epsilon=1e-5,
    )
