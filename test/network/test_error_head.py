# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The confidence, in ONNX Runtime."""

import numpy as np
import pytest
from spox import argument, Tensor

from crestereo_ros.network.error_head import confidence
from crestereo_ros.network.graph import i64
from crestereo_ros.network.weights import Weights


@pytest.mark.parametrize('scale', [0.1, 1.0, 30.0])
def test_is_the_probability_of_an_error_below_a_pixel(open_model, scale):
    weights = {
        'conv1.weight': np.zeros((4, 2, 3, 3)),
        'conv1.bias': np.zeros(4),
        'conv2.weight': np.zeros((1, 4, 3, 3)),
        'conv2.bias': np.log([scale]),
    }
    state = argument(Tensor(np.float32, (1, 2, 'height', 'width')))
    weights = Weights(weights)
    outputs = {'confidence': confidence(state, i64(12, 20), weights)}
    session = open_model(weights.constants.build({'state': state}, outputs))

    (probability,) = session.run(None, {'state': np.ones((1, 2, 3, 5), np.float32)})

    drawn = np.random.default_rng(0).laplace(scale=scale, size=100_000)
    assert probability.shape == (1, 1, 12, 20)
    np.testing.assert_allclose(probability, np.mean(np.abs(drawn) < 1), atol=0.01)
