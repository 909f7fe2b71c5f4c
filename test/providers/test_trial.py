# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The trial of a provider, with real sessions on the CPU."""

from pathlib import Path

import onnx
import onnxruntime
import pytest

from crestereo_ros.matching import ProviderError
from crestereo_ros.models.contracts import contract_of
from crestereo_ros.models.model_files import shipped_models
from crestereo_ros.providers import trial
from crestereo_ros.providers.engine import Engine
from crestereo_ros.providers.trial import (
    check_agreement,
    has_agreed,
    keep_agreement,
    TrialKey,
)

ENGINE = Engine('openvino')


def session(path):
    return onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])


def check(found, cpu, path):
    """Check a session against one on the CPU; both have the interface of the file."""
    contract = contract_of(cpu, path)
    check_agreement(found, ENGINE, cpu, contract, contract)


@pytest.fixture(scope='module')
def shipped():
    return session(shipped_models()['crestereo_compact'])


def changed_model(path, tmp_path, kinds):
    """Write a file with additional nodes before its first output."""
    model = onnx.load(path)
    name = model.graph.output[0].name
    for node in model.graph.node:
        node.output[:] = ['0' if output == name else output for output in node.output]
    names = [*map(str, range(len(kinds))), name]
    for kind, before, after in zip(kinds, names[:-1], names[1:], strict=True):
        model.graph.node.append(onnx.helper.make_node(kind, [before], [after]))
    onnx.save(model, tmp_path / 'changed.onnx')
    return tmp_path / 'changed.onnx'


def test_half_precision_agrees(shipped):
    shorter = session(shipped_models()['crestereo_compact_fp16'])

    check(shorter, shipped, Path('model.onnx'))


def test_wrong_results_do_not_agree(shipped, tmp_path):
    coarse = session(changed_model(shipped_models()['crestereo_compact'], tmp_path, ['Floor']))

    with pytest.raises(ProviderError, match='openvino computes model.onnx wrongly: .* pixels'):
        check(coarse, shipped, Path('model.onnx'))


def test_nan_does_not_agree(zoo_model, tmp_path):
    path = zoo_model('init', 32, 64)
    wrong = session(changed_model(path, tmp_path, ['Abs', 'Neg', 'Log']))

    with pytest.raises(ProviderError, match='differ .* by more than nan pixels'):
        check(wrong, session(path), path)


def test_a_provider_that_fails_without_a_text(zoo_model):
    class Failing(onnxruntime.InferenceSession):
        def run(self, *_):
            raise MemoryError

    path = zoo_model('init', 32, 64)
    failing = Failing(str(path), providers=['CPUExecutionProvider'])
    with pytest.raises(ProviderError, match='openvino fails when it runs .*: MemoryError$'):
        check(failing, session(path), path)


def test_a_file_of_one_size_is_run_at_that_size(zoo_model):
    path = zoo_model('init', 32, 64)

    check(session(path), session(path), path)


def test_an_agreement_is_recorded_for_the_machine(small_model, tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    key = TrialKey.of('cuda', small_model)
    assert not has_agreed(key)
    keep_agreement(key)

    assert has_agreed(TrialKey.of('cuda', small_model))
    assert not has_agreed(TrialKey.of('openvino', small_model))
    for other in ('runtime', 'model', 'driver'):
        assert not has_agreed(key._replace(**{other: 'another'}))
    monkeypatch.setattr(trial, 'driver_and_gpus', lambda: 'after an update')
    assert not has_agreed(TrialKey.of('cuda', small_model))


@pytest.mark.parametrize('content', ['', '{}', '[1, 2', '"yes"'])
def test_a_damaged_record_does_not_count(small_model, tmp_path, monkeypatch, content):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    key = TrialKey.of('cuda', small_model)
    keep_agreement(key)
    key.file.write_text(content)

    assert not has_agreed(key)


def test_without_a_writable_cache_the_trial_is_repeated(small_model, tmp_path, monkeypatch):
    (tmp_path / 'file').touch()
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'file'))
    key = TrialKey.of('cuda', small_model)
    keep_agreement(key)

    assert not has_agreed(key)
