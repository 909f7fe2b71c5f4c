# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The recurrent update of the flow, for maps in the layout of the weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from spox import Var
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.weights import Convolution, Weights


class UpdateBlock:
    """Computes the next hidden state and flow from flow and correlation."""

    def __init__(self, weights: Weights) -> None:
        weights = weights.part('update_block')
        self._maps = weights.maps
        self._encoder = _MotionEncoder(weights.part('encoder'))
        self._passes = [_GRUPass(weights.part('gru'), direction) for direction in (1, 2)]
        self._head1 = Convolution(weights.part('flow_head.conv1'))
        self._head2 = Convolution(weights.part('flow_head.conv2'))

    def __call__(
        self, state: Var, flow: Var, correlation: Var, shares: Sequence[Var]
    ) -> tuple[Var, Var]:
        """
        Return the next state and the next flow.

        :param state: in the layout of the weights
        :param flow: (1, 2, H, W) in any layout
        :param correlation: (1, 36, H, W) in any layout
        :param shares: the result of `context_shares`
        """
        motion = self._encoder(*(self._maps.laid_out(x) for x in (flow, correlation)))
        state = self._passes[0](state, motion, *shares[:3])
        state = self._passes[1](state, motion, *shares[3:])
        change = self._head2(self._head1(state, op.relu))
        return state, op.add(flow, self._maps.channels_first(change))


def context_shares(context: Var, weights: Weights) -> list[Var]:
    """
    Compute what the context adds to the GRU's gates, which is the same in every update.

    :param context: in the layout of the weights
    :returns: six maps with the shape of the context: for the gates z, r, q of the pass along rows,
        then for those of the pass along columns
    """
    shares = []
    for direction in (1, 2):
        for gate in _gates(weights.part('update_block.gru'), direction):
            shares.append(Convolution(gate, share=('context', _context_inputs(gate)))(context))
    return shares


def _gates(weights: Weights, direction: int) -> list[Weights]:
    return [weights.part(f'conv{gate}{direction}') for gate in 'zrq']


def _context_inputs(gate: Weights) -> np.ndarray:
    # A gate's inputs are hidden state, context and motion, with equal numbers of channels.
    hidden = len(gate['bias'])
    return np.arange(hidden, 2 * hidden)


def _changing_inputs(gate: Weights) -> np.ndarray:
    return np.delete(np.arange(gate['weight'].shape[1]), _context_inputs(gate))


class _MotionEncoder:
    """Computes motion features, which include the flow itself, from correlation and flow."""

    def __init__(self, weights: Weights) -> None:
        self._axis = weights.maps.axis
        self._convc1, self._convc2, self._convf1, self._convf2, self._conv = (
            Convolution(weights.part(name))
            for name in ('convc1', 'convc2', 'convf1', 'convf2', 'conv')
        )

    def __call__(self, flow: Var, correlation: Var) -> Var:
        matched = self._convc2(self._convc1(correlation, op.relu), op.relu)
        moved = self._convf2(self._convf1(flow, op.relu), op.relu)
        motion = self._conv(op.concat([matched, moved], axis=self._axis), op.relu)
        return op.concat([motion, flow], axis=self._axis)


class _GRUPass:
    """A convolutional GRU along rows or along columns."""

    def __init__(self, weights: Weights, direction: int) -> None:
        self._axis = weights.maps.axis
        self._z, self._r, self._q = (
            Convolution(gate, share=('changing', _changing_inputs(gate)), biased=False)
            for gate in _gates(weights, direction)
        )

    def __call__(self, state: Var, motion: Var, share_z: Var, share_r: Var, share_q: Var) -> Var:
        inputs = op.concat([state, motion], axis=self._axis)
        z = op.sigmoid(op.add(self._z(inputs), share_z))
        r = op.sigmoid(op.add(self._r(inputs), share_r))
        inputs = op.concat([op.mul(r, state), motion], axis=self._axis)
        q = op.tanh(op.add(self._q(inputs), share_q))
        return op.add(state, op.mul(z, op.sub(q, state)))
