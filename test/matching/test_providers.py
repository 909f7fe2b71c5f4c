# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Execution providers of the ONNX Runtime that is installed."""

import numpy as np
import onnxruntime
import pytest

from crestereo_ros.matching import available_providers, ProviderError, StereoMatcher
from crestereo_ros.matching.providers import check_device


def test_available_providers_are_those_of_onnx_runtime():
    names = available_providers()

    assert 'cpu' in names
    assert ('cuda' in names) == ('CUDAExecutionProvider' in onnxruntime.get_available_providers())


@pytest.mark.parametrize(
    ('provider', 'package'),
    [
        ('cuda', 'onnxruntime-gpu'),
        ('tensorrt', 'onnxruntime-gpu'),
        ('openvino', 'onnxruntime-openvino'),
    ],
)
def test_a_provider_that_is_not_installed(small_model, provider, package):
    if provider in available_providers():
        pytest.skip(f'{provider} is installed')

    with pytest.raises(ProviderError, match=f'{provider} .* available: .*cpu.* {package}'):
        StereoMatcher(str(small_model), provider)


def test_a_provider_that_there_is_not(small_model):
    with pytest.raises(ProviderError, match="no provider 'gpu', only auto, cpu, cuda"):
        StereoMatcher(str(small_model), 'gpu')


@pytest.mark.parametrize('provider', ['cuda', 'tensorrt'])
def test_a_gpu_does_not_get_what_was_made_for_a_cpu(provider):
    with pytest.raises(ProviderError, match=f'a.onnx .* {provider} .* --for gpu'):
        check_device({'crestereo.device': 'cpu'}, provider, 'a.onnx')
    check_device({'crestereo.device': 'gpu'}, provider, 'a.onnx')
    check_device({}, provider, 'a.onnx')


@pytest.mark.parametrize('provider', ['cpu', 'openvino'])
def test_what_was_made_for_a_cpu_runs_there(provider):
    check_device({'crestereo.device': 'cpu'}, provider, 'a.onnx')


@pytest.mark.parametrize('provider', ['auto', *available_providers()])
def test_says_what_it_runs_on(small_model, make_pair, provider):
    pair = make_pair(32, 64)
    expected = StereoMatcher(str(small_model), 'cpu', threads=1).match(*pair).disparity
    try:
        matcher = StereoMatcher(str(small_model), provider, threads=1)
    except ProviderError:
        # Installed, but not able to run this model on this machine: told, not hidden.
        assert provider not in ('auto', 'cpu')
        return

    assert matcher.provider in available_providers()
    assert provider in ('auto', matcher.provider)
    assert np.abs(matcher.match(*pair).disparity - expected).max() <= 1e-2 * np.abs(expected).max()


def test_onnx_runtime_prints_nothing(small_model, make_pair, capfd):
    StereoMatcher(str(small_model), 'cpu').match(*make_pair(32, 64))

    assert capfd.readouterr() == ('', '')
