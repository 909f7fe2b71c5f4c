# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The search along full rows, in ONNX Runtime."""

import numpy as np
import pytest
from spox import argument, Tensor

from crestereo_ros.network.row_search import best_flow
from crestereo_ros.network.weights import Weights

CHANNELS = 64


@pytest.fixture(scope='module')
def search(open_model):
    """Return a function that searches features without changing them first."""
    project = np.zeros((CHANNELS, CHANNELS, 3, 3))
    project[np.arange(CHANNELS), np.arange(CHANNELS), 1, 1] = 1
    weights = {
        'project.weight': project,
        'project.bias': np.zeros(CHANNELS),
        'log_scale': np.log([30]),
    }
    inputs = [argument(Tensor(np.float32, (1, CHANNELS, 'height', 'width'))) for _ in range(2)]
    weights = Weights(weights)
    outputs = {'flow': best_flow(*inputs, weights)}
    named = dict(zip(('left', 'right'), inputs, strict=True))
    session = open_model(weights.constants.build(named, outputs))
    return lambda left, right: session.run(None, {'left': left, 'right': right})[0]


def features(height, width):
    """Make different features of length one."""
    noise = np.random.default_rng(0).normal(size=(1, CHANNELS, height, width))
    return (noise / np.linalg.norm(noise, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize(('width', 'disparity'), [(3, 0), (12, 5), (40, 33), (120, 90)])
def test_finds_a_match_at_any_distance_in_rows_of_any_length(search, width, disparity):
    right = features(4, width)
    left = np.roll(right, disparity, axis=3)

    flow = search(left, right)

    assert flow.shape == (1, 2, 4, width)
    np.testing.assert_allclose(flow[0, 0, :, disparity + 1 :], -disparity, atol=0.05)
    np.testing.assert_array_equal(flow[0, 1], 0)


def test_never_searches_to_the_right(search):
    right = features(4, 20)
    left = np.roll(right, -6, axis=3)

    flow = search(left, right)

    assert (flow[:, 0] <= 0).all()
    assert (flow[:, 0] >= -np.arange(20) - 1).all()  # including the mean with neighbours


def test_finds_a_match_between_two_cells(search):
    right = features(4, 20)
    left = 0.5 * (np.roll(right, 7, axis=3) + np.roll(right, 8, axis=3))

    flow = search(left, right)

    np.testing.assert_allclose(flow[0, 0, :, 9:], -7.5, atol=0.1)


def test_an_ambiguous_cell_adopts_the_disparity_of_its_neighbours(search):
    right = features(5, 24)
    left = np.roll(right, 6, axis=3)
    left[:, :, 2, 15] = 0

    flow = search(left, right)

    np.testing.assert_allclose(flow[0, 0, 2, 13:18], -6, atol=0.1)
