# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which file a model's name or path stands for."""

from pathlib import Path

import pytest

from crestereo_ros.matching import ModelFileError, ModelNotFoundError, NotOnnxError, StereoMatcher
from crestereo_ros.matching.model_files import DEFAULT_MODEL, find_model, shipped_models


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """Prefix of a sourced workspace with two models."""
    directory = tmp_path / 'share' / 'crestereo_ros' / 'models'
    directory.mkdir(parents=True)
    for name in ('one', 'two'):
        (directory / f'{name}.onnx').touch()
    monkeypatch.setenv('AMENT_PREFIX_PATH', f'/nowhere:{tmp_path}')
    return directory


def test_finds_shipped_models_by_name(workspace):
    assert find_model('one') == workspace / 'one.onnx'
    assert shipped_models()['two'] == workspace / 'two.onnx'


def test_names_the_shipped_models_when_there_is_no_such_one(workspace):
    with pytest.raises(ModelNotFoundError, match="no model 'three': .* one, two"):
        find_model('three')


def test_the_default_is_a_shipped_model():
    if DEFAULT_MODEL in shipped_models():
        assert find_model('') == shipped_models()[DEFAULT_MODEL]
    else:
        with pytest.raises(ModelNotFoundError, match=DEFAULT_MODEL):
            find_model('')


def test_takes_paths(tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'mine.onnx').touch()
    (tmp_path / 'without_suffix').touch()

    assert find_model('mine.onnx') == Path('mine.onnx')
    assert find_model('./without_suffix') == Path('without_suffix')
    assert find_model('~/mine.onnx') == tmp_path / 'mine.onnx'


@pytest.mark.parametrize('name', ['missing.onnx', 'directory.onnx'])
def test_a_path_without_a_file(tmp_path, name):
    (tmp_path / 'directory.onnx').mkdir()

    with pytest.raises(ModelNotFoundError, match=f'{name} does not exist') as raised:
        StereoMatcher(str(tmp_path / name))
    assert isinstance(raised.value, ModelFileError)


@pytest.mark.parametrize('content', [b'', b'version https://git-lfs.github.com/spec/v1\n', 'cut'])
def test_a_file_that_is_no_onnx(tmp_path, small_model, content):
    path = tmp_path / 'model.onnx'
    whole = small_model.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content == 'cut' else content)

    with pytest.raises(NotOnnxError, match=str(path)):
        StereoMatcher(str(path), 'cpu')
