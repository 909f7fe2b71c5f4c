# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Execution providers of the installed ONNX Runtime."""

import logging
import os

import numpy as np
import onnxruntime
import pytest

from crestereo_ros.errors import CrestereoError
from crestereo_ros.matching import (
    available_providers,
    InferenceError,
    ProviderError,
    ProviderFailedError,
    SettingsError,
    StereoMatcher,
)
from crestereo_ros.providers.engine_builds import builds_in_progress
from crestereo_ros.providers.opening import check_device


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Keep the results of trials out of the user's cache."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    return tmp_path / 'cache' / 'crestereo_ros'


def raising(text):
    def fail():
        raise RuntimeError(text)

    return fail


def warnings(caplog):
    return [x.getMessage() for x in caplog.records if x.levelno == logging.WARNING]


def test_available_providers_are_those_of_onnx_runtime():
    names = available_providers()

    assert 'cpu' in names
    assert ('cuda' in names) == ('CUDAExecutionProvider' in onnxruntime.get_available_providers())


@pytest.mark.parametrize(
    ('provider', 'package'),
    [
        ('cuda', 'onnxruntime-gpu'),
        ('tensorrt', 'onnxruntime-gpu'),
        ('openvino', 'onnxruntime-ep-openvino'),
    ],
)
def test_a_provider_that_is_not_installed(small_model, provider, package):
    if provider in available_providers():
        pytest.skip(f'{provider} is installed')

    with pytest.raises(ProviderError, match=f'{provider} .* available: .*cpu.* {package}'):
        StereoMatcher(str(small_model), provider)


def test_an_unknown_provider(small_model):
    with pytest.raises(ProviderError, match="no provider 'gpu', only auto, cpu, cuda"):
        StereoMatcher(str(small_model), 'gpu')


@pytest.mark.parametrize('provider', ['cuda', 'tensorrt'])
def test_a_gpu_refuses_a_file_for_a_cpu(provider):
    with pytest.raises(ProviderError, match=f'a.onnx .* {provider} .* --for gpu'):
        check_device({'crestereo.device': 'cpu'}, provider, 'a.onnx')
    check_device({'crestereo.device': 'gpu'}, provider, 'a.onnx')
    check_device({}, provider, 'a.onnx')


@pytest.mark.parametrize('provider', ['cpu', 'openvino'])
def test_a_file_for_a_cpu_runs_there(provider):
    check_device({'crestereo.device': 'cpu'}, provider, 'a.onnx')


@pytest.mark.parametrize('provider', ['auto', *available_providers()])
def test_the_matcher_names_its_provider(small_model, make_pair, provider):
    pair = make_pair(32, 64)
    expected = StereoMatcher(str(small_model), 'cpu', threads=1).match(*pair).disparity
    try:
        matcher = StereoMatcher(str(small_model), provider, threads=1)
    except ProviderError:
        # Installed, but unable to run this model on this machine.
        assert provider not in ('auto', 'cpu')
        return

    assert matcher.provider in available_providers()
    assert provider in ('auto', matcher.provider)
    assert np.abs(matcher.match(*pair).disparity - expected).max() <= 1e-2 * np.abs(expected).max()


def test_onnx_runtime_prints_nothing(small_model, make_pair, capfd):
    StereoMatcher(str(small_model), 'cpu').match(*make_pair(32, 64))

    assert capfd.readouterr() == ('', '')


# Each fault of a provider is tested with auto and with the provider's name.


def test_a_provider_that_onnx_runtime_replaces_silently(small_model, caplog, monkeypatch):
    # This is real: ONNX Runtime is asked for a provider that it does not have, and uses the CPU.
    names = ['CUDAExecutionProvider', 'CPUExecutionProvider']
    monkeypatch.setattr(onnxruntime, 'get_available_providers', lambda: names)
    reason = 'provider cuda does not start on this machine: it needs onnx.* available: cpu, cuda'
    with pytest.warns(UserWarning, match='CUDA'), pytest.raises(ProviderError, match=reason):
        StereoMatcher(str(small_model), 'cuda')

    with pytest.warns(UserWarning, match='CUDA'):
        assert StereoMatcher(str(small_model)).provider == 'cpu'
    (warning,) = warnings(caplog)
    assert warning.startswith('Continuing without cuda: provider cuda does not start')
    assert 'onnxruntime-gpu[cuda,cudnn]' in warning and 'docs/where_it_runs.md' in warning


def test_a_provider_that_cannot_open_the_model(small_model, caplog, pretend_provider):
    prefix = '/some/file.cc:63 some_function() [ONNXRuntimeError] : 1 : FAIL : '
    text = f'a trace\n{prefix}Unsupported operator Loop ; GPU=-1 ; hostname=here ; file=there'
    pretend_provider('cuda', on_open=raising(text))
    with pytest.raises(
        ProviderError, match='cuda cannot run .* It says: Unsupported operator Loop$'
    ):
        StereoMatcher(str(small_model), 'cuda')

    assert StereoMatcher(str(small_model)).provider == 'cpu'
    assert 'Continuing without cuda' in warnings(caplog)[0]


def test_a_provider_that_fails_at_its_first_run(
    small_model, make_pair, caplog, pretend_provider, cache
):
    pretend_provider('cuda', on_run=raising('no such device'))
    matcher = StereoMatcher(str(small_model))

    assert matcher.provider == 'cpu'
    matcher.match(*make_pair(32, 64))
    assert 'cuda fails when it runs small.onnx: no such device' in warnings(caplog)[-1]
    assert not list(cache.rglob('*.json'))  # it may be fixed before the next start
    named = StereoMatcher(str(small_model), 'cuda')
    with pytest.raises(ProviderFailedError, match='failed on cuda at .*: no such device'):
        named.match(*make_pair(32, 64))


def test_a_provider_that_works_is_tried_once_for_the_machine(
    small_model, make_pair, caplog, pretend_provider, cache
):
    runs = []
    pretend_provider('cuda', on_run=lambda: runs.append(1))
    first, second = StereoMatcher(str(small_model)), StereoMatcher(str(small_model))

    assert first.provider == second.provider == 'cuda'
    assert len(runs) == 2  # both passes of one pair
    assert len(list(cache.rglob('*.json'))) == 1
    if not hasattr(onnxruntime.InferenceSession, 'get_provider_graph_assignment_info'):
        return  # before 1.24, and so with Python 3.10
    # The session reports the CPU, which the pretended provider really uses.
    assert str(first.placement).startswith('0 of ')
    assert 'Provider cuda runs 0 of ' in warnings(caplog)[0]
    assert 'Conv' in warnings(caplog)[0]


@pytest.mark.parametrize(
    ('text', 'kind', 'reason'),
    [
        ('CUDA failure 700: an illegal memory access', ProviderFailedError, 'illegal memory'),
        ('CUDA failure 2: out of memory', InferenceError, 'too little memory .* choose a smaller'),
        ('CUBLAS_STATUS_ALLOC_FAILED', InferenceError, 'too little memory'),
        ('Failed to allocate memory for requested buffer', InferenceError, 'too little memory'),
        ('TensorRT: OutOfMemory (GPU)', InferenceError, 'too little memory'),
    ],
)
def test_a_provider_that_fails_later_on(
    small_model, make_pair, pretend_provider, text, kind, reason
):
    # The texts are those of ONNX Runtime, CUDA, cuBLAS and TensorRT.
    failing = []
    pretend_provider('cuda', on_run=lambda: failing and raising(text)())
    matcher = StereoMatcher(str(small_model), 'cuda')
    pair = make_pair(32, 64)
    matcher.match(*pair)
    failing.append(True)

    with pytest.raises(InferenceError, match=reason) as raised:
        matcher.match(*pair)
    assert type(raised.value) is kind
    failing.clear()
    matcher.match(*pair)


def test_a_build_of_tensorrt_is_announced_for_a_file_of_one_size(
    zoo_model, caplog, pretend_provider, builder, cache
):
    pretend_provider('tensorrt', on_open=lambda: states.append(builds_in_progress()))
    states = []
    matcher = StereoMatcher(str(zoo_model('init', 32, 64)), 'tensorrt')

    assert matcher.provider == 'tensorrt'
    assert 'TensorRT builds an engine for 32x64' in warnings(caplog)[0]
    assert 'TensorRT builds an engine for 32x64' in states[0]
    assert str(cache / 'tensorrt') in states[0]
    assert len(list(cache.rglob('*.engine'))) == 1  # which the other process has built


def test_an_existing_engine_is_not_built_again(zoo_model, pretend_provider, builder, caplog):
    pretend_provider('tensorrt')
    path = str(zoo_model('init', 32, 64))
    StereoMatcher(path, 'tensorrt')
    builder("raise RuntimeError('built again')")
    caplog.clear()

    assert StereoMatcher(path, 'tensorrt').provider == 'tensorrt'
    assert not [x for x in warnings(caplog) if 'builds' in x]


def test_a_failed_build_of_tensorrt_raises_and_leaves_nothing(
    zoo_model, pretend_provider, builder
):
    pretend_provider('tensorrt')
    builder("raise RuntimeError('TensorRT EP failed to create engine')")
    with pytest.raises(ProviderError, match='tensorrt cannot run .* failed to create engine'):
        StereoMatcher(str(zoo_model('init', 32, 64)), 'tensorrt')

    assert builds_in_progress() == ''


@pytest.mark.parametrize(('precision', 'value'), [('', 'None'), ('fp32', '0')])
def test_an_engine_in_fp32_is_built_without_tf32(
    zoo_model, pretend_provider, builder, precision, value
):
    pretend_provider('tensorrt')
    builder('import os; raise RuntimeError(f\'it is {os.environ.get("NVIDIA_TF32_OVERRIDE")}\')')
    with pytest.raises(ProviderError, match=f'it is {value}$'):
        StereoMatcher(str(zoo_model('init', 32, 64)), 'tensorrt', precision=precision)


def test_two_processes_do_not_build_at_once(zoo_model, pretend_provider, builder):
    pretend_provider('tensorrt')
    builder(
        "import fcntl; lock = Path(providers[0][1]['trt_timing_cache_path'], 'lock').open(); "
        'fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)'
    )
    with pytest.raises(ProviderError, match='temporarily unavailable'):  # it is locked
        StereoMatcher(str(zoo_model('init', 32, 64)), 'tensorrt')


def test_broken_engines_are_rebuilt(zoo_model, pretend_provider, builder, caplog, cache):
    def refuse_broken():
        if any(x.read_text() != 'whole' for x in cache.rglob('*.engine')):
            raise RuntimeError('TensorRT EP could not deserialize engine')

    path = str(zoo_model('init', 32, 64))
    pretend_provider('tensorrt', on_open=refuse_broken)
    StereoMatcher(path, 'tensorrt')
    (engine,) = (cache / 'tensorrt').glob('*/*.engine')
    engine.write_text('who')
    StereoMatcher(path, 'tensorrt')

    assert engine.read_text() == 'whole'
    assert [x for x in warnings(caplog) if x.startswith(f'Deleted the engines in {engine.parent}')]


def test_warns_of_engines_that_cannot_be_kept(zoo_model, pretend_provider, caplog, cache):
    cache.parent.write_text('no folder')
    pretend_provider('tensorrt')
    StereoMatcher(str(zoo_model('init', 32, 64)), 'tensorrt')

    assert 'TensorRT rebuilds its engines at each start: ' in warnings(caplog)[0]
    assert 'and cannot be kept' in warnings(caplog)[1]


def test_each_file_and_precision_has_its_own_engines(zoo_model, pretend_provider, builder, cache):
    pretend_provider('tensorrt')
    for path in (zoo_model('init', 32, 64), *2 * [zoo_model('init', 48, 64)]):
        for precision in ('', 'fp16'):
            StereoMatcher(str(path), 'tensorrt', precision=precision)

    assert len([x for x in (cache / 'tensorrt').iterdir() if x.is_dir()]) == 4


def test_the_least_recently_used_engines_are_removed(zoo_model, pretend_provider, builder, cache):
    """For files of one size as well as for frozen graphs."""
    pretend_provider('tensorrt')
    sizes = (32, 64), (48, 64), (64, 64)
    folders = []
    for number, size in enumerate(sizes):
        StereoMatcher(str(zoo_model('init', *size)), 'tensorrt')
        (new,) = {x for x in (cache / 'tensorrt').iterdir() if x.is_dir()} - {*folders}
        with (new / 'large').open('wb') as file:
            file.truncate(400_000_000)  # sparse, so it takes no space on the disk
        os.utime(new, (number, number))
        folders.append(new)
    StereoMatcher(str(zoo_model('init', *sizes[0])), 'tensorrt')  # used again

    StereoMatcher(str(zoo_model('init', 64, 96)), 'tensorrt')

    assert [x.exists() for x in folders] == [True, False, True]


def test_a_cuda_graph_needs_a_file_of_one_size(small_model, pretend_provider):
    pretend_provider('cuda')
    with pytest.raises(SettingsError, match='cuda_graph needs a file of one size'):
        StereoMatcher(str(small_model), 'cuda', cuda_graph=True)


def test_names_a_file_whose_external_weights_are_missing(small_model, tmp_path):
    import onnx

    path = tmp_path / 'a.onnx'
    options = {'save_as_external_data': True, 'location': 'a.data', 'size_threshold': 0}
    onnx.save(onnx.load(small_model), path, **options)
    (tmp_path / 'a.data').unlink()
    with pytest.raises(CrestereoError, match=r'a\.onnx keeps its weights in a file beside it'):
        StereoMatcher(str(path), provider='cpu')
