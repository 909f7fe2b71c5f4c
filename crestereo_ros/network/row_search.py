# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Finds a start for the updates: compares every row with the whole row of the other image."""

from __future__ import annotations

import numpy as np
from spox import Var
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.graph import count, f32, i64, shape, sizes, to_channels_last
from crestereo_ros.network.weights import Convolution, Weights

REACH = 1  # cells on either side of the best match that the mean includes
IMPOSSIBLE = -1e4
CONFIDENCE_POWER = 4  # cells are weighted by this power of their probability of being right


def best_flow(left: Var, right: Var, weights: Weights) -> Var:
    """
    Return the flow from features to their best match in the row.

    The scores are cosines of projected features with a learned scale, used as logarithms of
    probabilities. Each is the mean over the cell and its eight neighbours at its disparity. Only
    disparities of zero or more are possible. A cell's disparity is the mean over the most probable
    match and those beside it. A mean over the whole row would fail for long rows, where many
    improbable matches outweigh the right one. Then uncertain cells adopt the disparities of more
    certain neighbours.

    :param left: features, (1, C, H, W)
    :param right: features, (1, C, H, W)
    :returns: (1, 2, H, W)
    """
    features = Convolution(weights.part('project'))(op.concat([left, right], axis=0))
    length = op.sqrt(op.reduce_sum(op.mul(features, features), i64(1)))
    features = op.div(features, op.max([length, f32(1e-12)]))
    left, right = op.split(features, outputs_count=2, axis=0)
    columns = count(0, sizes(left, 3, 4))
    disparities = op.sub(op.unsqueeze(columns, i64(1)), columns)

    scores = op.matmul(to_channels_last(left), op.transpose(right, perm=[0, 2, 1, 3]))
    scores = op.mul(scores, op.exp(weights.constant('log_scale')))
    scores = _mean_of_neighbours(scores)
    possible = op.greater_or_equal(disparities, f32(0))
    scores = op.where(possible, scores, f32(IMPOSSIBLE))

    best = op.cast(op.arg_max(scores, axis=3), to=np.float32)
    near = op.less_or_equal(op.abs(op.sub(columns, best)), f32(REACH))
    everywhere = op.exp(op.sub(scores, op.reduce_max(scores, axes=[3])))
    probability = op.where(near, everywhere, f32(0))
    near_best = op.reduce_sum(probability, i64(3), keepdims=0)
    flow = op.reduce_sum(op.mul(probability, op.neg(disparities)), i64(3), keepdims=0)
    flow = op.div(flow, near_best)
    sure = op.div(near_best, op.reduce_sum(everywhere, i64(3), keepdims=0))
    weight = op.pow(sure, f32(CONFIDENCE_POWER))
    flow, weight = (
        op.average_pool(op.unsqueeze(x, i64(1)), kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        for x in (op.mul(weight, flow), weight)
    )
    flow = op.div(flow, weight)
    return op.concat([flow, op.mul(flow, f32(0))], axis=1)


def _mean_of_neighbours(scores: Var) -> Var:
    # The scores (1, H, W, W) of one disparity are on a diagonal of the last two axes. The first
    # and the last row are repeated beyond the border; columns beyond it are excluded.
    height, width = sizes(scores, 1, 2), sizes(scores, 2, 3)
    padded = op.pad(scores, i64(0, 1, 0, 0, 0, 1, 0, 0), mode='edge')
    rows = [op.slice(padded, i64(y), op.add(height, i64(y)), i64(1)) for y in range(3)]

    def along_diagonals(x: Var) -> Var:
        padded = op.pad(x, i64(0, 0, 1, 1, 0, 0, 1, 1))
        ends = (op.concat([op.add(width, i64(i))] * 2, axis=0) for i in range(3))
        return op.sum([op.slice(padded, i64(i, i), end, i64(2, 3)) for i, end in enumerate(ends)])

    ones = op.expand(f32(3), shape(1, 1, width, width))
    return op.div(along_diagonals(op.sum(rows)), along_diagonals(ones))
