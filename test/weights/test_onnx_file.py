# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is refused; what is read needs files that PyTorch exported (test/training/weights)."""

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
