# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The three ways to run a session give the same values, here in the CPU's memory."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from crestereo_ros.models.contracts import contract_of
from crestereo_ros.models.tensors import DeviceArray
from crestereo_ros.providers.engine import Engine
from crestereo_ros.providers.session_runner import (
    BoundRunner,
    FixedRunner,
    PlainRunner,
    runner_of,
)


def opened(path):
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    contract = contract_of(session, path)
    return session, contract, contract.outputs


def run(contract, runner, pair):
    seen = []

    def infer(inputs):
        seen.append(inputs)
        return runner(inputs, onnxruntime.RunOptions())

    left, right = (image.astype(np.float32) for image in pair)
    return contract.run(infer, left, right, 2, None), seen


def test_passes_stay_on_the_device(small_model, make_pair):
    session, contract, outputs = opened(small_model)
    pair = make_pair(64, 96)
    expected, _ = run(contract, PlainRunner(session, outputs), pair)
    output, (first, second) = run(contract, BoundRunner(session, outputs, 'cpu'), pair)

    assert isinstance(first[2], np.ndarray) and isinstance(second[2], DeviceArray)
    assert second[2].shape == (1, 2, 32, 48)
    np.testing.assert_array_equal(output.disparity, expected.disparity)


def test_a_rounded_half_size_is_scaled_between_the_passes(small_model, make_pair):
    session, contract, outputs = opened(small_model)
    contract = replace(contract, first_pixels=10**6)  # our own networks round
    pair = make_pair(60, 100)  # whose half is 32x52
    expected, _ = run(contract, PlainRunner(session, outputs), pair)
    output, (_, second) = run(contract, BoundRunner(session, outputs, 'cpu'), pair)

    assert isinstance(second[2], np.ndarray)
    np.testing.assert_array_equal(output.disparity, expected.disparity)


@pytest.mark.parametrize('kind', ['init', 'combined'])
def test_runs_with_the_same_memory_each_time(zoo_model, make_pair, kind):
    session, contract, outputs = opened(zoo_model(kind, 32, 64))
    plain, fixed = PlainRunner(session, outputs), FixedRunner(session, outputs, 'cpu')
    results = []
    for seed in (1, 2, 1):
        pair = make_pair(32, 64, seed)
        found = run(contract, fixed, pair)[0].disparity
        np.testing.assert_array_equal(found, run(contract, plain, pair)[0].disparity)
        results.append(found)

    # Earlier results are not overwritten.
    assert (results[0] == results[2]).all() and (results[0] != results[1]).any()


@pytest.mark.parametrize('kind', [PlainRunner, BoundRunner, FixedRunner])
def test_a_run_can_be_terminated(zoo_model, make_pair, kind):
    session, contract, outputs = opened(zoo_model('init', 32, 64))
    runner = kind(session, outputs) if kind is PlainRunner else kind(session, outputs, 'cpu')
    options = onnxruntime.RunOptions()
    options.terminate = True

    with pytest.raises(Exception, match='terminate'):
        runner([np.zeros((1, 3, 32, 64), np.float32)] * 2, options)


def test_only_nvidia_gpus_are_bound(small_model):
    session, _, outputs = opened(small_model)

    for provider in ('cpu', 'openvino'):
        assert isinstance(runner_of(session, Engine(provider), outputs), PlainRunner)
    for provider in ('cuda', 'tensorrt'):
        assert isinstance(runner_of(session, Engine(provider, device='1'), outputs), BoundRunner)
