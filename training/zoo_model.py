# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Model files like those of the ONNX zoo: one for each size and number of iterations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from spox import argument, Tensor, Var

from crestereo_ros.network.arithmetic import Float32
from crestereo_ros.network.cascade import Cascade
from crestereo_ros.network.frozen import share_constants
from crestereo_ros.network.model import finish
from crestereo_ros.network.weights import Weights


def build_zoo_model(
    weights: Mapping[str, np.ndarray],
    *,
    kind: str,
    height: int,
    width: int,
    iterations: int,
    sign_flips: bool,
    arithmetic: Float32 | None = None,
) -> onnx.ModelProto:
    """
    Build a file of fixed size and iterations, with inputs and outputs as in PINTO_model_zoo 284.

    Inputs are float32 (1, 3, height, width), BGR, 0..255, by `kind`:

    - `init`: `left`, `right`
    - `next`: `left`, `right`, `flow_init` (1, 2, height / 2, width / 2), an earlier output
    - `combined`: `init_left`, `init_right` at half the size, `next_left`, `next_right`

    The output `output` is (1, 2, height, width), the same as `disparity` of `build_model`. The
    updates are unrolled, the weights are initializers, and the metadata has
    `crestereo.iterations`.

    :param weights: see `build_model`
    :param height: a multiple of 4 of at least 16; for `combined`, a multiple of 8 of at least 32
    :param width: likewise
    :param iterations: at least 1
    :param sign_flips: see `build_model`
    :param arithmetic: see `build_model`
    :raises ValueError: if kind, size or iterations are invalid
    :raises KeyError: if a weight is missing; the error has its name
    """
    parameters = Weights(weights, arithmetic)
    multiple = 8 if kind == 'combined' else 4
    if height % multiple or width % multiple or min(height, width) < 4 * multiple:
        raise ValueError(
            f'height and width must be multiples of {multiple} of at least {4 * multiple}: '
            f'{height}x{width}'
        )
    if iterations < 1:
        raise ValueError(f'iterations must be at least 1: {iterations}')

    def images(divisor: int = 1) -> Var:
        return argument(Tensor(np.float32, (1, 3, height // divisor, width // divisor)))

    def first(left: Var, right: Var) -> Var:
        network = Cascade(left, right, parameters, sign_flips)
        return network.outputs(network.coarse_flow(max(1, iterations // 2)), iterations)[
            'disparity'
        ]

    def following(left: Var, right: Var, disparity: Var) -> Var:
        network = Cascade(left, right, parameters, sign_flips)
        return network.outputs(network.flow_from(disparity), iterations)['disparity']

    if kind == 'init':
        inputs = {'left': images(), 'right': images()}
        output = first(*inputs.values())
    elif kind == 'next':
        flow_init = argument(Tensor(np.float32, (1, 2, height // 2, width // 2)))
        inputs = {'left': images(), 'right': images(), 'flow_init': flow_init}
        output = following(*inputs.values())
    elif kind == 'combined':
        inputs = {
            'init_left': images(2),
            'init_right': images(2),
            'next_left': images(),
            'next_right': images(),
        }
        half_left, half_right, left, right = inputs.values()
        output = following(left, right, first(half_left, half_right))
    else:
        raise ValueError(f'kind must be init, next or combined: {kind!r}')

    model = parameters.constants.build(inputs, {'output': output})
    finish(model, {'crestereo.iterations': str(iterations)}, sign_flips)
    share_constants(model.graph)
    return model
