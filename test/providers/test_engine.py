# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Engines as options of each provider."""

import pytest

from crestereo_ros.matching import ProviderError
from crestereo_ros.providers.engine import Engine, next_best, provider_chain


@pytest.mark.parametrize(
    ('engine', 'reason'),
    [
        (Engine('gpu'), "no provider 'gpu', only auto, cpu, cuda"),
        (Engine('cuda', precision='int8'), 'precision must be fp32, fp16 or empty .*: int8'),
        (Engine('auto', device='0'), 'need the name of a provider'),
        (Engine('auto', precision='fp16'), 'need the name of a provider'),
        (Engine('auto', cuda_graph=True), 'need the name of a provider'),
        (Engine('cuda', device='GPU'), 'device of provider cuda must be the number of a GPU'),
        (Engine('tensorrt', device='-1'), 'the number of a GPU, such as 0: -1'),
        (Engine('openvino', device='0'), 'must be CPU, GPU or NPU: 0'),
        (Engine('cpu', device='CPU'), 'device of provider cpu must be empty'),
        (Engine('cpu', precision='fp16'), 'choose a model in half precision'),
        (Engine('cuda', precision='fp16'), 'choose a model in half precision'),
        (Engine('openvino', cuda_graph=True), 'openvino has no cuda_graph, only cuda and tensor'),
    ],
)
def test_refuses_options_that_do_not_fit_together(engine, reason):
    with pytest.raises(ProviderError, match=reason):
        engine.check()


@pytest.mark.parametrize(
    'engine',
    [
        Engine(),
        Engine('cpu', 2, '', 'fp32'),
        Engine('cuda', 0, '1', 'fp32', True),
        Engine('tensorrt', 0, '0', 'fp16', True),
        Engine('openvino', 0, 'GPU.1', 'fp16'),
    ],
)
def test_accepts_options_that_fit_together(engine):
    engine.check()


def test_the_options_of_cuda(tmp_path):
    chain = provider_chain(Engine('cuda', device='1'), None)

    assert [name for name, _ in chain] == ['CUDAExecutionProvider', 'CPUExecutionProvider']
    options = chain[0][1]
    assert (options['device_id'], options['use_tf32']) == ('1', 'True')
    assert options['enable_cuda_graph'] == 'False'
    exact = provider_chain(Engine('cuda', precision='fp32', cuda_graph=True), None)[0][1]
    assert (exact['use_tf32'], exact['enable_cuda_graph']) == ('False', 'True')


def test_tensorrt_keeps_engines_by_file_and_times_for_all(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    folder = tmp_path / 'tensorrt' / 'one'
    (name, options), (second, cuda), (last, _) = provider_chain(
        Engine('tensorrt', device='1', precision='fp16', cuda_graph=True), folder
    )

    assert [name, second, last] == [
        'TensorrtExecutionProvider',
        'CUDAExecutionProvider',
        'CPUExecutionProvider',
    ]
    assert options['trt_engine_cache_path'] == str(folder)
    assert options['trt_timing_cache_path'] == str(tmp_path / 'crestereo_ros' / 'tensorrt')
    assert {name for name, x in options.items() if x == 'True'} == {
        'trt_engine_cache_enable',
        'trt_timing_cache_enable',
        'trt_fp16_enable',
        'trt_cuda_graph_enable',
    }
    assert int(options['trt_max_workspace_size']) == 2**31
    # CUDA runs the nodes that TensorRT does not, on the same GPU. They cannot be recorded alone.
    assert (cuda['device_id'], cuda['enable_cuda_graph']) == ('1', 'False')


def test_tensorrt_without_a_folder_keeps_nothing():
    options = provider_chain(Engine('tensorrt'), None)[0][1]

    assert not [name for name in options if 'cache' in name]
    assert options['trt_fp16_enable'] == 'False'


def test_all_options_are_strings():
    # Not every version of ONNX Runtime converts other types to strings.
    for provider in ('cpu', 'cuda', 'tensorrt', 'openvino'):
        for _, options in provider_chain(Engine(provider), None):
            assert all(isinstance(x, str) for x in options.values())


def test_the_replacement_of_a_failed_engine():
    tensorrt = Engine('tensorrt', 3, '1', 'fp16', True)

    assert next_best(tensorrt) == Engine('cuda', 3, '1')
    assert next_best(next_best(tensorrt)) == next_best(Engine('openvino', 3, 'NPU', 'fp16'))
    assert next_best(Engine('cuda', 3, '1')) == Engine('cpu', 3)
