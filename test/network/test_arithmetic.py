# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Convolutions in half precision and 8 bits against those in float32."""

import numpy as np
import onnx
import pytest

from crestereo_ros.network import (
    build_model,
    build_zoo_model,
    Float16,
    Float32,
    Int8,
    Observed,
    Ranges,
)
from crestereo_ros.network.weights import Convolution, Weights

SIZE = (64, 96)


@pytest.fixture(scope='module')
def pair():
    """Two noise images."""
    noise = np.random.default_rng(0).uniform(0, 255, (2, 1, 3, *SIZE))
    return tuple(noise.astype(np.float32))


@pytest.fixture(scope='module')
def observed(small_weights, open_model, pair):
    """Return outputs by name of a model whose convolutions are observed."""
    model = build_zoo_model(
        small_weights,
        kind='init',
        height=SIZE[0],
        width=SIZE[1],
        iterations=2,
        sign_flips=False,
        arithmetic=Observed(),
    )
    session = open_model(model)
    names = [output.name for output in session.get_outputs()]
    outputs = session.run(None, dict(zip(('left', 'right'), pair, strict=True)))
    return dict(zip(names, outputs, strict=True))


@pytest.fixture(scope='module')
def ranges(observed):
    """Ranges of every convolution, of all of its calls."""
    extremes = {}
    for name, values in observed.items():
        if name != 'output':
            extremes.setdefault(name.rsplit('/', 1)[0], []).append(values)
    return {
        name: Ranges(
            (min(v[0] for v in calls), max(v[1] for v in calls)),
            (min(v[2] for v in calls), max(v[3] for v in calls)),
        )
        for name, calls in extremes.items()
    }


@pytest.fixture(scope='module')
def disparity(small_weights, open_model, pair):
    """Return a function that gives the disparity with convolutions of an arithmetic."""

    def disparity(arithmetic):
        session = open_model(
            build_model(small_weights, sign_flips=False, metadata={}, arithmetic=arithmetic)
        )
        inputs = [*pair, np.zeros((1, 2, 1, 1), np.float32), np.array(1), np.array(2)]
        names = [x.name for x in session.get_inputs()]
        return session.run(None, dict(zip(names, inputs, strict=True)))[0]

    return disparity


def test_observing_changes_nothing(observed, disparity):
    np.testing.assert_allclose(observed['output'], disparity(Float32()), rtol=1e-4, atol=1e-4)


def test_every_call_of_every_convolution_is_observed(observed, small_weights):
    convolutions = {
        name.removesuffix('.weight') for name, w in small_weights.items() if w.ndim == 4
    }
    calls = [name for name in observed if name != 'output']
    names = {name.rsplit('/', 1)[0] for name in calls}

    assert {name.removesuffix('.context').removesuffix('.changing') for name in names} == (
        convolutions
    )
    # One update at 1/16, one at 1/8, two at 1/4.
    assert sum(name.startswith('update_block.flow_head.conv2/') for name in calls) == 4


def test_the_ranges_are_those_of_input_and_activated_output(observed, pair):
    low, high, _, _ = observed['fnet.conv1/0']
    both = np.concatenate(pair) * (2 / 255) - 1

    np.testing.assert_allclose((low, high), (both.min(), both.max()), rtol=1e-6)
    assert observed['update_block.encoder.convc1/0'][2] >= 0


def test_half_precision_is_near_float32(disparity):
    full, half = disparity(Float32()), disparity(Float16())

    assert 0 < np.abs(half - full).mean() < 0.02 * np.abs(full).mean()


def test_8_bits_are_near_float32(disparity, ranges):
    full, rounded = disparity(Float32()), disparity(Int8(ranges))

    assert 0 < np.abs(rounded - full).mean() < 0.1 * np.abs(full).mean()


def test_8_bit_convolution_is_off_by_no_more_than_its_steps(open_model):
    rng = np.random.default_rng(1)
    arrays = {
        'x.weight': rng.normal(size=(8, 16, 3, 3)).astype(np.float32),
        'x.bias': rng.normal(size=8).astype(np.float32),
    }
    image = rng.uniform(-1, 3, (1, 16, 12, 20)).astype(np.float32)

    def result(arithmetic):
        from spox import argument, Tensor

        x = argument(Tensor(np.float32, image.shape))
        weights = Weights(arrays, arithmetic)
        y = Convolution(weights.part('x'))(x)
        return open_model(weights.constants.build({'x': x}, {'y': y})).run(None, {'x': image})[0]

    exact = result(Float32())
    ranges = Ranges((image.min(), image.max()), (exact.min(), exact.max()))
    step = (exact.max() - exact.min()) / 255
    # Of 144 products each factor is off by up to half a step, at random. That is generous enough
    # to hold weights of seven bits to the steps of eight.
    noise = np.sqrt(144) * (4 / 255 * 1.0 + 3 * np.abs(arrays['x.weight']).max() / 127) / 2

    assert np.abs(result(Int8({'x': ranges})) - exact).max() < step + noise


def test_convolutions_without_ranges_stay_float32(small_weights, ranges):
    def quantized(names):
        model = build_model(
            small_weights,
            sign_flips=False,
            metadata={},
            arithmetic=Int8({name: ranges[name] for name in names}),
        )
        onnx.checker.check_model(model, full_check=True)
        return str(model.graph).count('op_type: "QuantizeLinear"')

    assert quantized([]) == 0
    assert quantized(['fnet.conv1']) == 2
