# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""On an NVIDIA GPU; `make test-gpu` runs these."""

import logging
import shutil
import subprocess

import numpy as np
import pytest

from crestereo_ros.matching import (
    InferenceError,
    ProviderError,
    StereoMatcher,
)
from crestereo_ros.processes import ModuleRunner
from crestereo_ros.providers.engine import Engine, NVIDIA
from crestereo_ros.providers.engine_builds import build_apart
from crestereo_ros.providers.session_runner import BoundRunner, FixedRunner, PlainRunner
from crestereo_ros.providers.sessions import create_session

pytestmark = pytest.mark.gpu


@pytest.fixture(scope='module')
def cache(tmp_path_factory):
    """Keep engines and trials in a new folder."""
    folder = tmp_path_factory.mktemp('cache')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', str(folder))
        yield folder / 'crestereo_ros'


@pytest.fixture(params=NVIDIA)
def provider(request, cache):
    """Return an installed provider: CUDA is required, TensorRT is optional."""
    if request.param == 'tensorrt':
        try:
            StereoMatcher(provider='tensorrt')
        except ProviderError as error:
            pytest.skip(str(error))
    return request.param


def gpu_memory():
    """Return the megabytes in use on the first GPU."""
    if not shutil.which('nvidia-smi'):
        pytest.skip('no nvidia-smi (a Jetson has none)')
    command = ['nvidia-smi', '--query-gpu=memory.used', '--format=csv,noheader,nounits', '--id=0']
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def warnings(caplog):
    return [x.getMessage() for x in caplog.records if x.levelno == logging.WARNING]


def difference(one, other):
    return np.quantile(np.abs(one.disparity - other.disparity), 0.99)


@pytest.mark.parametrize(
    ('model', 'precision', 'most'),
    [
        ('crestereo_compact', 'fp32', 0.01),
        ('crestereo_compact', '', 0.1),
        ('crestereo_compact_fp16', '', 0.1),
    ],
)
def test_gives_the_values_of_the_cpu(shipped_matcher, make_pair, provider, model, precision, most):
    pair = make_pair(240, 320)
    matcher = StereoMatcher(model, provider, precision=precision, wait=True)

    match = matcher.match(*pair)
    assert matcher.provider == provider
    assert difference(match, shipped_matcher.match(*pair)) < most
    assert np.median(match.disparity) == pytest.approx(3, abs=0.1)


def test_half_precision_of_tensorrt(shipped_matcher, make_pair, provider):
    if provider != 'tensorrt':
        pytest.skip('CUDA computes in the format of the file')
    pair = make_pair(240, 320)

    match = StereoMatcher('', provider, precision='fp16', wait=True).match(*pair)
    assert difference(match, shipped_matcher.match(*pair)) < 0.25


@pytest.mark.parametrize('graph', [False, True])
def test_a_file_of_one_size(zoo_model, make_pair, provider, graph):
    path = str(zoo_model('combined', 64, 96))
    matcher = StereoMatcher(path, provider, precision='fp32', cuda_graph=graph)
    cpu = StereoMatcher(path, 'cpu')
    for seed in (1, 2, 3, 1):  # the recording has to use the images of each
        pair = make_pair(64, 96, seed)
        expected = cpu.match(*pair).disparity
        found = matcher.match(*pair).disparity
        assert np.abs(found - expected).max() < 1e-2 * np.abs(expected).max()
    assert isinstance(matcher._graph.run_once, FixedRunner if graph else BoundRunner)


def test_passes_that_stay_on_the_gpu_give_the_same_values(make_pair, cache):
    matcher = StereoMatcher(provider='cuda', precision='fp32')
    pair = make_pair(240, 320)
    bound = matcher.match(*pair)
    runner = matcher._graph.run_once
    matcher._graph = matcher._graph._replace(
        run_once=PlainRunner(runner._session, runner._outputs)
    )

    assert difference(bound, matcher.match(*pair)) < 1e-3


def test_the_gpu_runs_the_heavy_nodes(zoo_model, provider):
    placement = StereoMatcher(str(zoo_model('combined', 64, 96)), provider).placement
    if placement is None:
        pytest.skip('this ONNX Runtime does not say')

    print(placement)
    assert placement.problem == ''


def test_auto_is_tried_once(cache, caplog):
    caplog.set_level(logging.INFO)
    assert [StereoMatcher().provider for _ in range(2)] == ['cuda', 'cuda']
    assert len(list((cache / 'providers').glob('cuda-*.json'))) == 1


def test_engines_are_kept(zoo_model, make_pair, provider, cache, caplog):
    if provider != 'tensorrt':
        pytest.skip('CUDA builds nothing')
    path, pair = str(zoo_model('combined', 96, 128)), make_pair(96, 128)
    first = StereoMatcher(path, provider).match(*pair)
    engines = {x: x.stat().st_mtime_ns for x in cache.rglob('*.engine')}
    announced = [x for x in warnings(caplog) if 'builds an engine for 96x128' in x]
    assert engines and announced
    caplog.clear()
    second = StereoMatcher(path, provider).match(*pair)

    assert {x: x.stat().st_mtime_ns for x in cache.rglob('*.engine')} == engines
    assert not [x for x in warnings(caplog) if 'builds' in x]
    np.testing.assert_array_equal(first.disparity, second.disparity)
    for engine in engines:
        engine.write_bytes(engine.read_bytes()[:1000])
    third = StereoMatcher(path, provider).match(*pair)
    assert difference(first, third) < 0.1


def test_uses_the_engine_that_another_process_built(zoo_model, provider, cache):
    if provider != 'tensorrt':
        pytest.skip('CUDA builds nothing')
    path, engine = zoo_model('combined', 64, 128), Engine(provider)
    folder = cache / 'tensorrt' / 'apart'
    folder.mkdir(parents=True)
    build_apart(path, engine, folder, ModuleRunner())
    engines = {x: x.stat().st_mtime_ns for x in folder.glob('*.engine')}
    create_session(path, engine, folder)

    assert engines
    assert {x: x.stat().st_mtime_ns for x in folder.glob('*.engine')} == engines


def test_a_missing_device_raises_and_the_next_matcher_works(provider, make_pair):
    # A file without a fixed size is opened on CUDA first, even for TensorRT.
    with pytest.raises(ProviderError, match='provider cuda'):
        StereoMatcher(provider=provider, device='63')
    StereoMatcher(provider=provider, wait=True).match(*make_pair(64, 96))


def test_memory_does_not_grow(make_pair, provider):
    matcher, pair = StereoMatcher(provider=provider, wait=True), make_pair(240, 320)
    used = []
    for number in range(30):
        matcher.match(*pair)
        if number in (9, 29):
            used.append(gpu_memory())
    assert used[1] - used[0] < 32


def test_too_little_memory_is_announced_and_the_next_match_works(make_pair):
    matcher = StereoMatcher(provider='cuda')
    size = make_pair(64, 96)
    try:
        matcher.match(*make_pair(4096, 4096), 1, (4096, 4096))
    except InferenceError as error:
        assert 'too little memory' in str(error)
    matcher.match(*size)
