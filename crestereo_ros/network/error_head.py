# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Predicts the error of a disparity."""

from __future__ import annotations

from spox import Var
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.graph import f32, shape
from crestereo_ros.network.weights import Convolution, Weights


def confidence(state: Var, size: Var, weights: Weights) -> Var:
    """
    Return the probability that the error of the disparity is below one pixel.

    The pixel is one of the network's input. The head predicts the logarithm of the scale of the
    error's Laplacian distribution.

    :param state: last hidden state, (1, hidden, h, w)
    :param size: height and width of the result, int64 (2,)
    :returns: (1, 1, *size), 0..1
    """
    inner = Convolution(weights.part('conv1'))(state, op.relu)
    log_scale = Convolution(weights.part('conv2'))(inner)
    probability = op.sub(f32(1), op.exp(op.neg(op.exp(op.neg(log_scale)))))
    return op.resize(
        probability,
        sizes=shape(1, 1, size),
        mode='linear',
        coordinate_transformation_mode='half_pixel',
    )
