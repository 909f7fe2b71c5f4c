# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Weights out of the files that this project writes."""

import numpy as np
import onnx
import pytest

from crestereo_ros.models.model_files import shipped_models
from crestereo_ros.network import build_model, Float16, Winograd
from crestereo_ros.weights import WeightsError
from crestereo_ros.weights.model_file import read_model
from training.zoo_model import build_zoo_model


@pytest.fixture
def write(trained_weights, tmp_path):
    """Write a model file."""

    def write(arithmetic=None, change=lambda model: None, build=build_model, **options):
        asked = {'sign_flips': False, 'metadata': {'crestereo.name': 'small'}, **options}
        model = build(trained_weights, arithmetic=arithmetic, **asked)
        change(model)
        onnx.save(model, tmp_path / 'small.onnx')
        return tmp_path / 'small.onnx'

    return write


@pytest.mark.parametrize('sign_flips', [False, True])
@pytest.mark.parametrize(
    ('arithmetic', 'number_format'),
    [(None, 'fp32'), (Winograd(), 'fp32'), (Float16(), 'fp16')],
)
def test_what_was_written_is_read(write, trained_weights, arithmetic, number_format, sign_flips):
    file = read_model(write(arithmetic, sign_flips=sign_flips))

    assert (file.number_format, file.sign_flips) == (number_format, sign_flips)
    assert file.metadata['crestereo.name'] == 'small'
    assert set(file.weights) == set(trained_weights)
    for name, expected in trained_weights.items():
        if number_format == 'fp16' and expected.ndim == 4:
            expected = expected.astype(np.float16)
        tolerance = 1e-3 if number_format == 'fp16' else 0
        np.testing.assert_allclose(file.weights[name], expected, atol=tolerance)


def test_equal_parameters_are_told_apart(trained_weights, tmp_path):
    # As those that a network starts to learn with.
    equal = {name: np.zeros_like(array) for name, array in trained_weights.items()}
    path = tmp_path / 'equal.onnx'
    onnx.save(build_model(equal, sign_flips=False, metadata={}), path)

    assert set(read_model(path).weights) == set(equal)


def test_files_of_fixed_size_are_read_too(write, trained_weights):
    path = write(
        build=lambda weights, metadata, **options: build_zoo_model(weights, **options),
        kind='combined',
        height=32,
        width=64,
        iterations=1,
    )

    found = read_model(path).weights
    for name, array in found.items():
        np.testing.assert_array_equal(array, trained_weights[name])


@pytest.mark.parametrize('name', ['crestereo_compact', 'crestereo_compact_fp16'])
def test_shipped_files_are_read(name):
    file = read_model(shipped_models()[name])

    assert {'row_search.project.weight', 'error_head.conv1.weight'} <= set(file.weights)
    assert not file.sign_flips


def without_metadata(model):
    del model.metadata_props[:]


def without_a_weight(model):
    model.graph.initializer.remove(
        next(x for x in model.graph.initializer if x.name == 'fnet.conv1.weight')
    )


def without_a_gate(model):
    for graph in (
        model.graph,
        *(attribute.g for node in model.graph.node for attribute in node.attribute),
    ):
        for tensor in list(graph.initializer):
            if tensor.name.startswith('update_block.gru.convz1.context'):
                graph.initializer.remove(tensor)


def with_nan(model):
    tensor = next(x for x in model.graph.initializer if x.name == 'fnet.conv1.bias')
    values = onnx.numpy_helper.to_array(tensor) * np.float32('nan')
    tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))


def cut(model):
    next(x for x in model.graph.initializer if x.name == 'fnet.conv1.bias').raw_data = b'123'


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (without_metadata, 'does not keep the names of its weights'),
        (without_a_weight, 'is damaged: not the parameters .* missing: fnet.conv1.weight'),
        (without_a_gate, 'is damaged: .*update_block.gru.convz1.context.weight'),
        (with_nan, 'is damaged: not all numbers are finite .* in fnet.conv1.bias'),
        (cut, 'is damaged'),
    ],
)
def test_what_is_wrong_is_told(write, change, message):
    with pytest.raises(WeightsError, match=message):
        read_model(write(change=change))
