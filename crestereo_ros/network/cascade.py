# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""CREStereo: recurrent updates at 1/16, 1/8 and 1/4 of the image size, one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from spox import Var
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.attention import (
    Attention,
    position_encoding,
    to_features,
    to_tokens,
)
from crestereo_ros.network.correlation import AdaptiveCorrelation, LocalCorrelation
from crestereo_ros.network.encoder import encode
from crestereo_ros.network.error_head import confidence
from crestereo_ros.network.graph import f32, is_even, repeat, shape, sizes
from crestereo_ros.network.row_search import best_flow
from crestereo_ros.network.update import context_shares, UpdateBlock
from crestereo_ros.network.upsampling import resize, upsample
from crestereo_ros.network.weights import Convolution, Weights

UNDAMPED = 8  # the number of updates that count fully
DAMPING = 4  # the exponent by which later ones count less


class Cascade:
    """
    The network for one pair (Li et al., CVPR 2022).

    The network works on the flow, which leads from a left pixel to its match. Its outputs are the
    negated flow. Numbers of updates are ints, or int64 scalars of the graph.

    Networks trained in this project may have two parts that the published network lacks:
    `row_search` finds the flow that the first updates start from, and `error_head` predicts the
    size of the last update's error. A part is used if the weights have it.

    :param left: float32 (1, 3, H, W), BGR, 0..255, H and W multiples of 4, at least 16
    :param right: the same for the right image
    :param sign_flips: see `build_model`
    """

    def __init__(self, left: Var, right: Var, weights: Weights, sign_flips: bool) -> None:
        images = op.concat([left, right], axis=0)
        images = op.sub(op.mul(images, f32(2 / 255)), f32(1))
        features = encode(images, weights.part('fnet'))
        self._left, self._right = op.split(features, outputs_count=2, axis=0)
        state, context = op.split(self._left, outputs_count=2, axis=1)
        self._state, self._context = op.tanh(state), op.relu(context)
        self._weights = weights
        self._between_stages = f32(-1 if sign_flips else 1)

    def coarse_flow(self, updates: int | Var) -> Var:
        """Return the flow at 1/4 of the size after equal numbers of updates at 1/16 and 1/8."""
        left, right = _reduced(self._left, 4), _reduced(self._right, 4)
        flow = op.expand(f32(0), shape(1, 2, sizes(left, 2, 4)))
        offsets = self._offsets(left, 'conv_offset_16')
        attended = self._attended(left, right)
        if 'row_search' in self._weights:
            flow = best_flow(*attended, self._weights.part('row_search'))
        correlation = AdaptiveCorrelation(*attended, offsets)
        flow, _ = self._refine(correlation, flow, updates, reduction=4)

        left, right = _reduced(self._left, 2), _reduced(self._right, 2)
        flow = resize(op.mul(flow, self._between_stages), sizes(left, 2, 4))
        correlation = AdaptiveCorrelation(left, right, self._offsets(left, 'conv_offset_8'))
        flow, _ = self._refine(correlation, flow, updates, reduction=2)
        return resize(op.mul(flow, self._between_stages), sizes(self._left, 2, 4))

    def flow_from(self, disparity: Var) -> Var:
        """Return the flow at 1/4 of the size from an earlier output (1, 2, h, w) of any size."""
        return op.neg(resize(disparity, sizes(self._left, 2, 4)))

    def outputs(self, flow: Var, updates: int | Var) -> dict[str, Var]:
        """
        Return the results of the updates at 1/4 by name.

        :returns: `disparity`, (1, 2, H, W), the disparity and the vertical part; and, if the
            weights have an error head, `confidence`, (1, 1, H, W)
        """
        correlation = LocalCorrelation(self._left, self._right)
        flow, state = self._refine(correlation, flow, updates, reduction=1)
        outputs = {'disparity': op.neg(flow)}
        if 'error_head' in self._weights:
            weights = self._weights.part('error_head')
            outputs['confidence'] = confidence(state, sizes(flow, 2, 4), weights)
        return outputs

    def _refine(
        self,
        correlation: AdaptiveCorrelation | LocalCorrelation,
        flow: Var,
        updates: int | Var,
        reduction: int,
    ) -> tuple[Var, Var]:
        # Return the flow after the updates of one stage, upsampled by four, and the last hidden
        # state.
        state, context = (_reduced(x, reduction) for x in (self._state, self._context))
        maps = self._weights.arithmetic.maps(sizes(state, 2, 3), sizes(state, 3, 4))
        weights = self._weights.for_maps(maps)
        shares = context_shares(maps.laid_out(context), weights)

        def make_step() -> Callable[..., Sequence[Var]]:
            update = UpdateBlock(weights)

            def step(index: int | Var, state: Var, flow: Var) -> tuple[Var, Var]:
                after = update(state, flow, correlation(flow, is_even(index)), shares)
                if 'row_search' not in self._weights:  # as published
                    return after
                return _damped(index, (state, flow), after)

            return step

        invariants = [*shares, *correlation.invariants, *maps.invariants]
        start = maps.laid_out(state), flow
        state, flow = repeat(updates, start, make_step, invariants)
        return upsample(flow, state, weights), maps.channels_first(state)

    def _attended(self, left: Var, right: Var) -> tuple[Var, Var]:
        channels = len(self._weights['fnet.conv2.bias'])
        encoding = position_encoding(channels, sizes(left, 2, 3), sizes(left, 3, 4))
        tokens = to_tokens(op.add(op.concat([left, right], axis=0), encoding))
        tokens = Attention(self._weights.part('self_att_fn'))(tokens, tokens)
        of_left, of_right = op.split(tokens, outputs_count=2, axis=0)
        cross = Attention(self._weights.part('cross_att_fn'))
        of_left = cross(of_left, of_right)
        of_right = cross(of_right, of_left)
        return to_features(of_left, like=left), to_features(of_right, like=right)

    def _offsets(self, features: Var, name: str) -> Var:
        # Learned offsets in -1..1.
        offsets = Convolution(self._weights.part(name))(features)
        return op.tanh(op.mul(offsets, f32(0.5)))


def _damped(index: int | Var, before: Sequence[Var], after: Sequence[Var]) -> tuple[Var, Var]:
    # Updates beyond the number in training drift, so they count less and less.
    if isinstance(index, int):
        share = f32(min(1, UNDAMPED / (index + 1)) ** DAMPING)
    else:
        number = op.cast(op.add(index, op.const(1, np.int64)), to=np.float32)
        share = op.pow(op.min([f32(1), op.div(f32(UNDAMPED), number)]), f32(DAMPING))
    state, flow = (
        op.add(old, op.mul(share, op.sub(new, old)))
        for old, new in zip(before, after, strict=True)
    )
    return state, flow


def _reduced(x: Var, reduction: int) -> Var:
    if reduction == 1:
        return x
    return op.average_pool(x, kernel_shape=[reduction] * 2, strides=[reduction] * 2)
