# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is refused; what is read needs files that PyTorch exported (test/training/weights)."""

import numpy as np
import onnx
import pytest

from crestereo_ros.network import build_model
from crestereo_ros.weights import WeightsError
from crestereo_ros.weights.onnx_file import read_zoo_file
from training.zoo_model import build_zoo_model


@pytest.mark.parametrize('content', [b'<!DOCTYPE html>', b'\x00' * 99])
def test_refuses_what_is_no_onnx(tmp_path, content):
    path = tmp_path / 'model.onnx'
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=f'{path} is not an ONNX file'):
        read_zoo_file(path)


def test_says_why_a_next_file_will_not_do(small_weights, tmp_path):
    sizes = {'kind': 'next', 'height': 32, 'width': 48, 'iterations': 1}
    path = tmp_path / 'next.onnx'
    onnx.save(build_zoo_model(small_weights, **sizes, sign_flips=True), path)
    with pytest.raises(WeightsError, match='no weights for the coarse stages'):
        read_zoo_file(path)


def test_names_what_another_network_has_not(small_weights, tmp_path):
    sizes = {'kind': 'init', 'height': 32, 'width': 48, 'iterations': 1}
    path = tmp_path / 'small.onnx'
    onnx.save(build_zoo_model(small_weights, **sizes, sign_flips=True), path)
    with pytest.raises(WeightsError, match='0 and not 1 of fnet.conv1 64x3x7x7'):
        read_zoo_file(path)


def test_refuses_a_model_of_this_project(small_weights, tmp_path):
    path = tmp_path / 'small.onnx'
    onnx.save(build_model(small_weights, sign_flips=True, metadata={}), path)
    with pytest.raises(WeightsError, match='has 5 inputs: an `init` file has 2'):
        read_zoo_file(path)


@pytest.mark.parametrize(
    ('kind', 'message'),
    [
        ('sparse', 'It keeps weights as sparse tensors: save them as dense ones'),
        (onnx.TensorProto.INT8, 'It holds int8 as a quantized file does'),
        (onnx.TensorProto.FLOAT8E4M3FN, 'It holds float8e4m3fn as a quantized file does'),
    ],
)
def test_names_numbers_that_are_not_read(official_weights, tmp_path, kind, message):
    sizes = {'kind': 'init', 'height': 32, 'width': 48, 'iterations': 1}
    model = build_zoo_model(official_weights, **sizes, sign_flips=True)
    weight = next(x for x in model.graph.initializer if list(x.dims) == [64, 3, 7, 7])
    array = onnx.numpy_helper.to_array(weight)
    model.graph.initializer.remove(weight)
    if kind == 'sparse':
        values = onnx.numpy_helper.from_array(array.ravel(), weight.name)
        indices = onnx.numpy_helper.from_array(np.arange(array.size), 'indices')
        model.graph.sparse_initializer.append(
            onnx.helper.make_sparse_tensor(values, indices, array.shape)
        )
    else:
        numbers = array.astype(np.int8).tobytes()
        stored = onnx.helper.make_tensor('stored', kind, array.shape, numbers, raw=True)
        scale = onnx.numpy_helper.from_array(np.float32(0.01), 'scale')
        model.graph.initializer.extend([stored, scale])
        model.graph.node.insert(
            0, onnx.helper.make_node('DequantizeLinear', ['stored', 'scale'], [weight.name])
        )
    path = tmp_path / 'other.onnx'
    onnx.save(model, path)
    with pytest.raises(WeightsError, match=f'0 and not 1 of fnet.conv1 64x3x7x7.*{message}'):
        read_zoo_file(path)


def test_an_empty_file(tmp_path):
    path = tmp_path / 'empty.onnx'
    path.touch()
    with pytest.raises(WeightsError, match='empty.onnx is empty'):
        read_zoo_file(path)
