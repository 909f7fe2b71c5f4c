# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Graphs of fixed size that a matcher runs once they are ready.

ONNX Runtime claims to use OpenVINO but uses its CPU provider, and refuses loops.
`test/openvino` does the same with the real one.
"""

from concurrent.futures import ThreadPoolExecutor
import logging
import shutil
from threading import Event
from time import sleep

import numpy as np
import onnx
import onnxruntime
import pytest

from crestereo_ros.freezing import FreezeJob
from crestereo_ros.matching import ProviderFailedError, StereoMatcher
from crestereo_ros.models.checksums import digest_of
from crestereo_ros.processes import ModuleRunner
from crestereo_ros.providers import frozen_graphs

SIZE = 32, 64


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Return the folder of frozen files."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    return tmp_path / 'cache' / 'crestereo_ros' / 'frozen'


@pytest.fixture(autouse=True)
def openvino(monkeypatch):
    """Make ONNX Runtime claim that it uses OpenVINO."""
    claimed = 'OpenVINOExecutionProvider'
    real = onnxruntime.InferenceSession

    class Session(real):
        def __init__(self, path, options=None, providers=(), **others):
            self.claimed = bool(providers) and providers[0][0] == claimed
            super().__init__(path, options, providers=['CPUExecutionProvider'], **others)
            if self.claimed and len(self.get_inputs()) == 5:
                raise RuntimeError('no loops')

        def get_providers(self):
            return [claimed] if self.claimed else super().get_providers()

    monkeypatch.setattr(onnxruntime, 'InferenceSession', Session)
    monkeypatch.setattr(
        onnxruntime, 'get_available_providers', lambda: [claimed, 'CPUExecutionProvider']
    )


@pytest.fixture(scope='module')
def built(small_model, make_pair, tmp_path_factory):
    """Return a cache with the graph of `SIZE`."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp('built')
        patch.setenv('XDG_CACHE_HOME', str(folder))
        cache = frozen_graphs.FrozenCache(frozen_graphs.cache_directory('frozen'))
        digest = digest_of(small_model)
        target = frozen_graphs.Target(((16, 32), SIZE), 2)
        FreezeJob(str(cache.folder), str(small_model), digest, target).run(cache)
        return cache.folder


@pytest.fixture
def warm(built, cache):
    """Put the graph of `SIZE` into the cache, and return its path."""
    shutil.copytree(built, cache)
    return next(cache.glob('*.onnx'))


def warnings(caplog):
    return [x.getMessage() for x in caplog.records if x.levelno == logging.WARNING]


@pytest.fixture
def expected(small_model, make_pair):
    """Return the disparity of the model on the CPU."""
    return StereoMatcher(str(small_model), 'cpu', threads=1).match(*make_pair(*SIZE)).disparity


def matches_until(wanted, matcher, pair, expected=None):
    """Match until a provider runs it, and yield each match; check that the result is the same."""
    provider = ''
    while provider != wanted:
        match = matcher.match(*pair)
        if expected is not None:
            np.testing.assert_allclose(match.disparity, expected, atol=1e-3)
        provider = match.provider
        yield match
        sleep(0.1)


def test_works_without_the_graph_until_it_is_ready(small_model, make_pair, expected, cache):
    matcher = StereoMatcher(str(small_model), 'openvino', threads=1)
    providers = []
    for match in matches_until('openvino', matcher, make_pair(*SIZE), expected):
        providers.append(match.provider)
        # The session reports that the CPU runs it.
        assert str(match.placement).startswith('0 of ') == (match.provider == 'openvino')

    assert providers[0] == 'cpu'
    assert len(list(cache.glob('*.onnx'))) == 1
    # A graph of another size is built; the existing one stays in use.
    assert matcher.match(*make_pair(48, 64)).provider == 'cpu'
    assert matcher.match(*make_pair(*SIZE)).provider == 'openvino'
    matcher.cancel()


def test_uses_the_graph_in_the_cache_without_another_process(
    small_model, make_pair, expected, warm, monkeypatch
):
    before = warm.read_bytes()
    monkeypatch.setattr(ModuleRunner, 'run', lambda *_: 'a process was started')  # and fails
    matcher = StereoMatcher(str(small_model), 'openvino', threads=1, wait=True)

    found = matcher.match(*make_pair(*SIZE))

    assert found.provider == 'openvino'
    assert list(warm.parent.glob('*.onnx')) == [warm] and warm.read_bytes() == before
    np.testing.assert_allclose(found.disparity, expected, atol=1e-3)


@pytest.mark.parametrize('fault', ['cut', 'another'])
def test_an_entry_that_cannot_be_used_is_rebuilt(
    small_model, zoo_model, make_pair, expected, warm, caplog, fault
):
    content = warm.read_bytes()
    wrong = {
        'cut': content[: len(content) // 2],
        'another': zoo_model('init', *SIZE).read_bytes(),
    }[fault]
    warm.write_bytes(wrong)
    matcher = StereoMatcher(str(small_model), 'openvino', threads=1, wait=True)

    found = matcher.match(*make_pair(*SIZE))

    assert found.provider == 'openvino'
    np.testing.assert_allclose(found.disparity, expected, atol=1e-3)
    assert any(f'{warm} is rebuilt' in text for text in warnings(caplog))


def test_a_graph_with_other_weights_is_not_used(
    small_model, make_pair, expected, warm, monkeypatch, caplog
):
    # The entry claims to belong to the model, but its values differ.
    wrong = onnx.load(warm)
    for tensor in wrong.graph.initializer:
        if tensor.name == 'update_block.flow_head.conv2.bias':
            tensor.CopyFrom(
                onnx.numpy_helper.from_array(np.array([9, 9], np.float32), tensor.name)
            )
    onnx.save(wrong, warm)
    matcher = StereoMatcher(str(small_model), 'openvino', threads=1, wait=True)

    found = matcher.match(*make_pair(*SIZE))

    assert any('computes small.onnx wrongly' in text for text in warnings(caplog))
    np.testing.assert_allclose(found.disparity, expected, atol=1e-3)
    assert found.provider == 'openvino'  # with a rebuilt graph


def test_warns_once_of_a_cache_that_cannot_be_written(
    small_model, make_pair, expected, cache, caplog
):
    cache.parent.mkdir(parents=True)
    cache.write_text('a file instead of a folder')
    matcher = StereoMatcher(str(small_model), 'openvino', threads=1, wait=True)

    for _ in range(2):
        found = matcher.match(*make_pair(*SIZE))

    assert found.provider == 'cpu'
    np.testing.assert_array_equal(found.disparity, expected)
    (warning,) = warnings(caplog)
    assert warning.startswith(
        'Continuing without openvino for small.onnx at 32x64 with 2 iterations'
    )
    assert str(cache) in warning


def test_another_resolution_while_a_graph_is_built(small_model, make_pair, cache):
    matcher = StereoMatcher(str(small_model), 'openvino', threads=1)
    matcher.match(*make_pair(48, 64))
    waiting = StereoMatcher(str(small_model), 'openvino', threads=1, wait=True)

    found = waiting.match(*make_pair(*SIZE), iterations=1)  # while that of 48x64 is built

    assert found.provider == 'openvino'
    assert found.resolution == SIZE
    assert matcher.match(*make_pair(*SIZE), iterations=1).provider == 'cpu'
    matcher.cancel()


def test_cancelling_ends_the_building_process(small_model, make_pair, cache):
    matcher = StereoMatcher(str(small_model), 'openvino', threads=1)
    matcher.match(*make_pair(*SIZE))

    matcher.cancel()

    graphs = matcher._frozen
    with graphs._changed:
        assert graphs._changed.wait_for(lambda: graphs._making is None, 60)
    assert not list(cache.glob('*.part'))


def test_no_graphs_for_files_that_would_not_gain(small_model, zoo_model, make_pair, cache):
    for model, asked, used in (
        (small_model, 'cpu', 'cpu'),
        (small_model, 'auto', 'cpu'),
        (zoo_model('init', *SIZE), 'openvino', 'openvino'),
    ):
        matcher = StereoMatcher(str(model), asked, wait=True)
        assert matcher.match(*make_pair(*SIZE)).provider == used

    assert not cache.exists()


def test_tensorrt_builds_in_another_process_while_cuda_works(
    small_model, make_pair, expected, pretend_provider, builder, caplog, cache
):
    pretend_provider('tensorrt')
    matcher = StereoMatcher(str(small_model), 'tensorrt', threads=1)
    matches = list(matches_until('tensorrt', matcher, make_pair(*SIZE), expected))

    assert matches[0].provider == 'cuda'
    assert any('TensorRT builds an engine for 32x64' in text for text in warnings(caplog))
    # Beside the graph, so that both are removed together.
    assert len(list(cache.glob('*.compiled/*/*.engine'))) == 1
    assert len(list(cache.parent.rglob('*.engine'))) == 1


@pytest.mark.parametrize('end', ['cancelled', 'released'])
def test_a_build_ends_with_its_matcher(
    small_model, make_pair, warm, tmp_path, pretend_provider, builder, caplog, end
):
    pretend_provider('tensorrt')
    started = tmp_path / 'started'
    builder(f'Path({str(started)!r}).touch(); import time; time.sleep(600)')
    matcher = StereoMatcher(str(small_model), 'tensorrt', threads=1)
    graphs = matcher._frozen
    matcher.match(*make_pair(*SIZE))
    while not started.exists():
        sleep(0.1)
    if end == 'cancelled':
        matcher.cancel()
    else:
        del matcher

    with graphs._changed:
        assert graphs._changed.wait_for(lambda: graphs._making is None, 60)
    assert warm.exists()  # the graph was not at fault
    assert 'TensorRT builds an engine for 32x64' in warnings(caplog)[-1]
    assert not any('is rebuilt' in text for text in warnings(caplog))


def test_cuda_works_if_tensorrt_fails_to_build(
    small_model, make_pair, expected, pretend_provider, builder, caplog
):
    pretend_provider('tensorrt')
    builder("raise RuntimeError('TensorRT EP failed to create engine')")
    matcher = StereoMatcher(str(small_model), 'tensorrt', threads=1, wait=True)

    found = matcher.match(*make_pair(*SIZE))

    assert found.provider == 'cuda'
    np.testing.assert_allclose(found.disparity, expected, atol=1e-3)
    assert any('failed to create engine' in text for text in warnings(caplog))


def test_names_the_provider_that_failed_whatever_other_threads_do(
    small_model, make_pair, warm, pretend_provider
):
    to_fail, running, on_cpu = Event(), Event(), Event()

    def fail():
        if to_fail.is_set():
            running.set()
            assert on_cpu.wait(60)
            raise RuntimeError('the device is lost')

    pretend_provider('openvino', on_run=fail)
    matcher = StereoMatcher(str(small_model), 'openvino', threads=1)
    for _ in matches_until('openvino', matcher, make_pair(*SIZE)):
        pass
    to_fail.set()
    with ThreadPoolExecutor(1) as threads:
        failed = threads.submit(matcher.match, *make_pair(*SIZE))
        assert running.wait(60)
        # There is no graph of this size yet.
        assert matcher.match(*make_pair(48, 64)).provider == 'cpu'
        on_cpu.set()
        with pytest.raises(ProviderFailedError) as raised:
            failed.result()

    assert raised.value.provider == 'openvino'
    matcher.cancel()
