# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which file a model's name or path stands for."""

from pathlib import Path

import pytest

from crestereo_ros.matching import ModelFileError, ModelNotFoundError, NotOnnxError, StereoMatcher
from crestereo_ros.models.model_files import (
    cache_directory,
    cached_models,
    DEFAULT_MODEL,
    find_model,
    shipped_models,
)


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """Prefix of a sourced workspace with two models."""
    directory = tmp_path / 'share' / 'crestereo_ros' / 'models'
    directory.mkdir(parents=True)
    for name in ('one', 'two'):
        (directory / f'{name}.onnx').touch()
    monkeypatch.setenv('AMENT_PREFIX_PATH', f'/nowhere:{tmp_path}')
    return directory


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """User's cache with two models, one of them of a shipped one's name."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    cache_directory().mkdir(parents=True)
    for name in ('two', 'three'):
        (cache_directory() / f'{name}.onnx').touch()
    return cache_directory()


def test_finds_shipped_models_by_name(workspace):
    assert find_model('one') == workspace / 'one.onnx'
    assert shipped_models()['two'] == workspace / 'two.onnx'


def test_finds_cached_models_by_name_after_the_shipped_ones(workspace, cache):
    assert find_model('three') == cache / 'three.onnx'
    assert find_model('two') == workspace / 'two.onnx'
    assert list(cached_models()) == ['three', 'two']


def test_cache_is_the_users(tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.delenv('XDG_CACHE_HOME', raising=False)
    assert cache_directory() == tmp_path / '.cache' / 'crestereo_ros' / 'models'
    assert cached_models() == {}


def test_names_the_models_when_there_is_no_such_one(workspace, cache):
    with pytest.raises(ModelNotFoundError, match="no model 'four': .* one, three, two"):
        find_model('four')


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


@pytest.mark.parametrize('name', ['net.pth', 'folder/net.mge', './net.safetensors'])
def test_says_how_weights_become_a_model(name):
    with pytest.raises(ModelNotFoundError, match=f'crestereo models import {name} makes one'):
        find_model(name)


@pytest.mark.parametrize(
    ('name', 'reason'),
    [('missing.onnx', 'does not exist'), ('directory.onnx', 'is a directory: name an .onnx file')],
)
def test_a_path_without_a_file(tmp_path, name, reason):
    (tmp_path / 'directory.onnx').mkdir()

    with pytest.raises(ModelNotFoundError, match=f'{name} {reason}') as raised:
        StereoMatcher(str(tmp_path / name))
    assert isinstance(raised.value, ModelFileError)


@pytest.mark.parametrize('name', ['net.pth', './net.safetensors'])
def test_weights_alone_are_no_model(name):
    with pytest.raises(ModelNotFoundError, match=f'crestereo models import {name}'):
        find_model(name)


def test_an_empty_file(tmp_path):
    (tmp_path / 'model.onnx').touch()

    with pytest.raises(NotOnnxError, match='model.onnx is empty: download or copy it again'):
        StereoMatcher(str(tmp_path / 'model.onnx'), 'cpu')


@pytest.mark.parametrize('content', [b'', b'version https://git-lfs.github.com/spec/v1\n', 'cut'])
def test_a_file_that_is_no_onnx(tmp_path, small_model, content):
    path = tmp_path / 'model.onnx'
    whole = small_model.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content == 'cut' else content)

    with pytest.raises(NotOnnxError, match=str(path)):
        StereoMatcher(str(path), 'cpu')
