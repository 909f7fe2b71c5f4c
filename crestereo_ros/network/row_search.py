# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A start for the search: every row compared with the whole row of the other image."""

from __future__ import annotations

import numpy as np
from spox import Var
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.graph import count, f32, i64, sizes, to_channels_last
from crestereo_ros.network.weights import Convolution, Weights

REACH = 1  # cells to either side of the best match that the mean is taken over
IMPOSSIBLE = -1e4


def best_flow(left: Var, right: Var, weights: Weights) -> Var:
    """
    Return the flow (1, 2, H, W) from (1, C, H, W) features to their best match in the row.

    Only disparities of zero or more are possible. The scores, cosines of projected features with
    a learned scale, are logarithms of probabilities. The result is the mean over the most
    probable cell and its neighbours: over the whole row, what is unlikely everywhere outweighs
    the match once rows are long.
    """
    features = Convolution(weights.part('project'))(op.concat([left, right], axis=0))
    length = op.sqrt(op.reduce_sum(op.mul(features, features), i64(1)))
    features = op.div(features, op.max([length, f32(1e-12)]))
    left, right = op.split(features, outputs_count=2, axis=0)
    columns = count(0, sizes(left, 3, 4))
    disparities = op.sub(op.unsqueeze(columns, i64(1)), columns)

    scores = op.matmul(to_channels_last(left), op.transpose(right, perm=[0, 2, 1, 3]))
    scores = op.mul(scores, f32(np.exp(weights['log_scale'])))
    possible = op.greater_or_equal(disparities, f32(0))
    scores = op.where(possible, scores, f32(IMPOSSIBLE))

    best = op.cast(op.arg_max(scores, axis=3), to=np.float32)
    near = op.less_or_equal(op.abs(op.sub(columns, best)), f32(REACH))
    probability = op.exp(op.sub(scores, op.reduce_max(scores, axes=[3])))
    probability = op.where(near, probability, f32(0))
    flow = op.reduce_sum(op.mul(probability, op.neg(disparities)), i64(3), keepdims=0)
    flow = op.div(flow, op.reduce_sum(probability, i64(3), keepdims=0))
    flow = op.unsqueeze(flow, i64(1))
    return op.concat([flow, op.mul(flow, f32(0))], axis=1)
