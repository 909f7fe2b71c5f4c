# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which library is missing, with real files that the loader refuses."""

import ctypes

import pytest

from crestereo_ros.providers import libraries
from crestereo_ros.providers.libraries import driver_and_gpus, missing_library


@pytest.mark.parametrize(
    ('error', 'text'),
    [
        ('libcuda.so.1', "libcuda.so.1 is missing, which comes with NVIDIA's driver"),
        ('libcudnn.so.9', 'libcudnn.so.9 is missing, which comes with CUDA and cuDNN: pip'),
        ('libnvinfer.so.10', 'libnvinfer.so.10 is missing, which comes with TensorRT: pip'),
        ('libother.so.1', 'libother.so.1 is missing'),
    ],
)
def test_names_a_missing_library_with_what_to_install(error, text, tmp_path, monkeypatch):
    # The words of glibc's loader; a file that needs such a library cannot be built here.
    def load(path):
        raise OSError(f'{error}: cannot open shared object file: No such file or directory')

    runtime = tmp_path / 'onnxruntime'
    (runtime / 'capi').mkdir(parents=True)
    (runtime / 'capi' / 'libonnxruntime_providers_tensorrt.so').touch()
    monkeypatch.setattr(libraries.onnxruntime, '__file__', str(runtime / '__init__.py'))
    monkeypatch.setattr(ctypes, 'CDLL', load)

    assert missing_library('tensorrt').startswith(text)


def test_the_loader_of_this_machine_uses_these_words():
    with pytest.raises(OSError, match='^libnosuch.so.1: cannot open shared object file'):
        ctypes.CDLL('libnosuch.so.1')


@pytest.mark.parametrize('provider', ['cpu', 'openvino', 'cuda'])
def test_nothing_is_missing_of_a_provider_that_is_not_installed(provider, tmp_path, monkeypatch):
    monkeypatch.setattr(libraries.onnxruntime, '__file__', str(tmp_path / '__init__.py'))

    assert missing_library(provider) == ''


def test_a_damaged_library_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / 'capi').mkdir()
    (tmp_path / 'capi' / 'libonnxruntime_providers_cuda.so').write_text('no library')
    monkeypatch.setattr(libraries.onnxruntime, '__file__', str(tmp_path / '__init__.py'))

    assert missing_library('cuda') == ''


def test_describes_the_driver_and_the_gpus(tmp_path, monkeypatch):
    # As NVIDIA's driver writes them.
    version = tmp_path / 'version'
    monkeypatch.setattr(libraries, '_DRIVERS', (tmp_path / 'nosuch', version))
    monkeypatch.setattr(libraries, '_GPUS', tmp_path / 'gpus')
    assert driver_and_gpus() == ''
    version.write_text('NVRM version: NVIDIA UNIX x86_64  550.54.15\nGCC version: 12\n')
    for number, name in enumerate(('GeForce RTX 3090', 'L4')):
        folder = tmp_path / 'gpus' / f'0000:0{number}:00.0'
        folder.mkdir(parents=True)
        (folder / 'information').write_text(f'Model: \t\t NVIDIA {name}\nIRQ:   \t\t 149\n')

    assert driver_and_gpus() == (
        'NVRM version: NVIDIA UNIX x86_64 550.54.15; Model: NVIDIA GeForce RTX 3090; '
        'Model: NVIDIA L4'
    )


def test_tensorrt_is_loaded_from_its_wheel(tmp_path, monkeypatch):
    # The folder has the name of the wheel's; empty files stand for its libraries.
    folder = tmp_path / 'tensorrt_libs'
    folder.mkdir()
    (folder / '__init__.py').touch()
    for name in ('libnvonnxparser.so.10', 'libnvinfer.so.10', 'libnvinfer_builder_resource.so'):
        (folder / name).touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    loaded = []
    monkeypatch.setattr(ctypes, 'CDLL', lambda path, **_: loaded.append(path))
    libraries.load_libraries('cpu')
    assert not loaded
    libraries.load_libraries('tensorrt')

    names = [path.removeprefix(f'{folder}/') for path in loaded if path.startswith(str(folder))]
    assert names == ['libnvinfer.so.10', 'libnvonnxparser.so.10']
