# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frozen files built by separate processes."""

import subprocess
import sys

import onnx
import pytest

from crestereo_ros.freezing import (
    freeze,
    FreezeJob,
    FreezingError,
    FrozenCache,
    IDENTITY,
    Target,
)
from crestereo_ros.models.checksums import digest_of
from crestereo_ros.processes import failure_of, locked, start_module

MODULE = 'crestereo_ros.freezing'
TARGET = Target(((16, 24), (32, 48)), 1)


def job_of(model, folder):
    return FreezeJob(str(folder), str(model), digest_of(model), TARGET)


def entry(model, folder):
    cache = FrozenCache(folder)
    identity = cache.identity(digest_of(model), TARGET)
    return cache.path(identity), identity


def test_two_processes_build_a_file_once(model, tmp_path):
    processes = [start_module(MODULE, job_of(model, tmp_path)) for _ in range(2)]
    path, identity = entry(model, tmp_path)

    assert [failure_of(process) for process in processes] == ['', '']
    assert sorted(tmp_path.iterdir()) == sorted([path, tmp_path / 'lock'])
    metadata = {x.key: x.value for x in onnx.load(path).metadata_props}
    assert metadata[IDENTITY] == identity


def test_a_waiting_process_uses_what_another_one_built(model, tmp_path):
    cache = FrozenCache(tmp_path)
    path, _ = entry(model, tmp_path)
    with locked(tmp_path):
        waiting = start_module(MODULE, job_of(model, tmp_path))
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(1)
        cache.add(path, b'of another process')

    assert failure_of(waiting) == ''
    assert path.read_bytes() == b'of another process'


@pytest.mark.parametrize('fault', ['changed', 'damaged', 'gone', 'folder'])
def test_a_failure_is_reported_and_leaves_no_entry(model, tmp_path, fault):
    copy, folder = tmp_path / 'copy.onnx', tmp_path / 'frozen'
    content = bytearray(model.read_bytes())
    if fault == 'damaged':
        content = content[: len(content) // 2]
    copy.write_bytes(content)
    job = job_of(copy, folder)
    if fault == 'changed':
        copy.write_bytes(content + b'\0')
    elif fault == 'gone':
        copy.unlink()
    elif fault == 'folder':
        folder.write_text('a file, where a folder is job')

    message = {
        'changed': 'has changed since it was opened',
        'damaged': 'is not an ONNX file, or is cut',
        'gone': 'No such file',
        'folder': 'File exists|Not a directory',
    }[fault]
    with pytest.raises((FreezingError, OSError), match=message):
        job.run(FrozenCache(folder))
    assert not list(tmp_path.rglob('frozen/*.onnx'))


def test_a_process_says_why_it_failed(model, tmp_path):
    job = job_of(model, tmp_path)._replace(digest='another')

    failure = failure_of(start_module(MODULE, job))
    assert failure.endswith('small.onnx has changed since it was opened')


def test_a_missing_package_is_named_with_what_to_install(model, monkeypatch):
    monkeypatch.setitem(sys.modules, 'crestereo_ros.network', None)

    with pytest.raises(FreezingError, match="pip install 'onnx"):
        freeze(model, TARGET)
