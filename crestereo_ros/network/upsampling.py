# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Makes a flow finer: learned upsampling, and resizing between stages."""

from __future__ import annotations

import numpy as np
from spox import Var
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.graph import f32, i64, shape, sizes
from crestereo_ros.network.weights import Convolution, Weights

FACTOR = 4


def upsample(flow: Var, state: Var, weights: Weights) -> Var:
    """
    Upsample the flow by four, in pixels of the finer size.

    Every fine pixel is a convex combination of the 3x3 coarse ones around it, with weights from
    the hidden state (after Teed and Deng's RAFT, ECCV 2020).

    :param flow: (1, 2, H, W)
    :param state: in the layout of the weights
    :returns: (1, 2, 4 * H, 4 * W)
    """
    weights = weights.part('update_block.mask')
    inner = Convolution(weights.part('0'))(state, op.relu)
    mask = weights.maps.channels_first(Convolution(weights.part('2'))(inner))
    mask = op.mul(mask, f32(0.25))
    size = sizes(flow, 2, 4)
    mask = op.reshape(mask, shape(9, FACTOR**2, size))
    # A softmax over the nine that divides after mixing: on a CPU, ONNX Runtime's Softmax is slow
    # for any axis except the last.
    mask = op.exp(op.sub(mask, op.reduce_max(mask, axes=[0])))
    bordered = op.pad(op.mul(flow, f32(FACTOR)), i64(0, 0, 1, 1, 0, 0, 1, 1))
    neighbours = []
    for y, x in np.ndindex(3, 3):
        first = i64(y, x)
        neighbours.append(op.slice(bordered, first, op.add(first, size), i64(2, 3)))
    neighbours = op.transpose(op.concat(neighbours, axis=0), perm=[1, 0, 2, 3])
    # (2, 9, 1, H, W) by (9, 16, H, W), summed over the nine: (2, 16, H, W).
    mixed = op.mul(op.unsqueeze(neighbours, i64(2)), mask)
    mixed = op.reduce_sum(mixed, i64(1), keepdims=0)
    mixed = op.div(mixed, op.reduce_sum(mask, i64(0), keepdims=0))
    mixed = op.reshape(mixed, shape(1, 2 * FACTOR**2, size))
    return op.depth_to_space(mixed, blocksize=FACTOR, mode='CRD')


def resize(flow: Var, size: Var) -> Var:
    """
    Resize the flow bilinearly with aligned corners, in pixels of the new size.

    Both components are scaled by the ratio of the heights, as in the official network.

    :param flow: (1, 2, h, w)
    :param size: height and width, int64 (2,)
    :returns: (1, 2, *size)
    """
    resized = op.resize(
        flow,
        sizes=shape(1, 2, size),
        mode='linear',
        coordinate_transformation_mode='align_corners',
    )
    after, before = (
        op.cast(height, to=np.float32) for height in (sizes(resized, 2, 3), sizes(flow, 2, 3))
    )
    return op.mul(resized, op.div(after, before))
