# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Linear attention between the features at 1/16 of the image size.

After LoFTR (Sun et al., CVPR 2021), whose layers CREStereo uses, with the linear attention of
Katharopoulos et al., ICML 2020.
"""

from __future__ import annotations

import numpy as np
from spox import Var
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.graph import count, f32, i64, shape, sizes
from crestereo_ros.network.weights import Weights

HEADS = 8


def position_encoding(channels: int, height: Var, width: Var) -> Var:
    """
    Return sines and cosines of the pixel positions.

    Positions count from 1. The frequencies are exp(-2k): LoFTR's exponent with its floor division,
    with which the official weights were trained.

    :param height: int64 (1,)
    :param width: int64 (1,)
    :returns: float32 (1, channels, height, width)
    """
    frequencies = f32(np.exp(-np.arange(0, channels // 2, 2)).reshape(-1, 1, 1, 1))
    x = op.mul(frequencies, count(1, width))
    y = op.mul(frequencies, op.unsqueeze(count(1, height), i64(1)))
    each = shape(channels // 4, 1, height, width)
    waves = [op.expand(wave, each) for wave in (op.sin(x), op.cos(x), op.sin(y), op.cos(y))]
    return op.reshape(op.concat(waves, axis=1), shape(1, channels, height, width))


def to_tokens(features: Var) -> Var:
    """Turn (N, C, H, W) into (N, H * W, C)."""
    flat = op.reshape(features, shape(sizes(features, 0, 2), -1))
    return op.transpose(flat, perm=[0, 2, 1])


def to_features(tokens: Var, like: Var) -> Var:
    """Turn (N, H * W, C) into (N, C, H, W), the shape of `like`."""
    return op.reshape(op.transpose(tokens, perm=[0, 2, 1]), op.shape(like))


class Attention:
    """Attention of one set of tokens to another."""

    def __init__(self, weights: Weights) -> None:
        weights = weights.part('layers.0')
        self._query, self._key, self._value, self._merge, self._mlp1, self._mlp2 = (
            op.transpose(weights.part(name).constant('weight'), perm=[1, 0])
            for name in ('q_proj', 'k_proj', 'v_proj', 'merge', 'mlp.0', 'mlp.2')
        )
        self._norm1, self._norm2 = (
            (weights.part(name).constant('weight'), weights.part(name).constant('bias'))
            for name in ('norm1', 'norm2')
        )

    def __call__(self, tokens: Var, source: Var) -> Var:
        """
        Add the message from the source to the tokens.

        :param tokens: (N, L, C)
        :param source: (N, S, C)
        :returns: (N, L, C)
        """
        query = _positive(_heads(op.matmul(tokens, self._query)))
        key = _positive(_heads(op.matmul(source, self._key)))
        value = _heads(op.matmul(source, self._value))
        key = op.transpose(key, perm=[0, 1, 3, 2])
        total = op.matmul(query, op.reduce_sum(key, i64(3)))
        message = op.matmul(query, op.matmul(key, value))
        message = op.div(message, op.add(total, f32(1e-6)))
        message = op.reshape(op.transpose(message, perm=[0, 2, 1, 3]), op.shape(tokens))
        message = _normalised(op.matmul(message, self._merge), self._norm1)
        inner = op.relu(op.matmul(op.concat([tokens, message], axis=2), self._mlp1))
        return op.add(tokens, _normalised(op.matmul(inner, self._mlp2), self._norm2))


def _heads(tokens: Var) -> Var:
    # (N, L, C) to (N, HEADS, L, C / HEADS).
    return op.transpose(op.reshape(tokens, i64(0, 0, HEADS, -1)), perm=[0, 2, 1, 3])


def _positive(x: Var) -> Var:
    return op.add(op.elu(x), f32(1))


def _normalised(tokens: Var, weight_and_bias: tuple[Var, Var]) -> Var:
    # A layer norm, written out. ONNX Runtime fuses it into one operator. OpenVINO would refuse
    # that operator as Spox writes it, with outputs for training.
    weight, bias = weight_and_bias
    centred = op.sub(tokens, op.reduce_mean(tokens, axes=[-1]))
    variance = op.reduce_mean(op.mul(centred, centred), axes=[-1])
    normalised = op.div(centred, op.sqrt(op.add(variance, f32(1e-5))))
    return op.add(op.mul(normalised, weight), bias)
