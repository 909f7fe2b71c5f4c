# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The matcher on OpenVINO; `make test-openvino` runs this."""

import logging
from pathlib import Path

import numpy as np
import onnx
import pytest

from crestereo_ros.matching import ProviderError, StereoMatcher
from crestereo_ros.network import build_model, Float16

pytestmark = pytest.mark.openvino

SIZE = 64, 96
TOLERANCE = 1e-2  # pixels; both compute in float32, in another order


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Return the folder of frozen files."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    return tmp_path / 'cache' / 'crestereo_ros' / 'frozen'


def on_openvino(model, **options):
    return StereoMatcher(str(model), 'openvino', threads=1, wait=True, **options)


def differences(matcher, model, pair, *arguments, **options):
    """Return the differences of disparity and confidence from the CPU's; check what ran."""
    expected = StereoMatcher(str(model), 'cpu', threads=1).match(*pair, *arguments, **options)
    found = matcher.match(*pair, *arguments, **options)
    assert found.provider == 'openvino'
    maps = [(found.disparity, expected.disparity)]
    if expected.confidence is not None:
        maps.append((found.confidence, expected.confidence))
    return [np.abs(a - b) for a, b in maps]


@pytest.mark.parametrize('kind', ['init', 'next', 'combined'])
def test_files_of_the_zoo_give_the_values_of_the_cpu(zoo_model, make_pair, kind):
    model = zoo_model(kind, *SIZE)

    (difference,) = differences(on_openvino(model), model, make_pair(*SIZE))

    assert difference.max() < TOLERANCE


def test_the_included_model_gives_the_values_of_the_cpu(make_pair, cache):
    pair = make_pair(*SIZE)
    matcher = on_openvino('')

    disparity, confidence = differences(matcher, '', pair, 2, 'image')

    assert max(disparity.max(), confidence.max()) < TOLERANCE
    start = np.full(SIZE, 3, np.float32)
    disparity, _ = differences(matcher, '', pair, 2, 'image', start=start)
    assert disparity.max() < TOLERANCE
    assert len(list(cache.glob('*.onnx'))) == 2
    assert list(cache.rglob('*.blob'))


def test_half_precision_is_near_the_cpu(small_weights, small_model, make_pair, tmp_path):
    model = tmp_path / 'half.onnx'
    metadata = {'crestereo.iterations': '2'}
    built = build_model(small_weights, sign_flips=False, metadata=metadata, arithmetic=Float16())
    onnx.save(built, model)
    pair = make_pair(*SIZE)

    (of_file,) = differences(on_openvino(model), model, pair)
    (by_choice,) = differences(on_openvino(small_model, precision='fp16'), small_model, pair)

    assert of_file.mean() < 0.05
    assert 0 < by_choice.mean() < 0.05


def test_reports_a_missing_device(zoo_model, small_model, make_pair, caplog):
    if Path('/dev/dri').exists():
        pytest.skip('there is a GPU')

    with pytest.raises(ProviderError, match='openvino does not start .* device GPU'):
        on_openvino(zoo_model('init', *SIZE), device='GPU')
    matcher = on_openvino(small_model, device='GPU')

    assert matcher.match(*make_pair(*SIZE)).provider == 'cpu'
    (warning,) = [x.getMessage() for x in caplog.records if x.levelno == logging.WARNING]
    assert warning.startswith('Continuing without openvino for small.onnx') and 'GPU' in warning
