# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The cache of frozen files."""

import os

import pytest

from crestereo_ros.freezing import cache as module
from crestereo_ros.freezing import FrozenCache, Target
from crestereo_ros.processes import locked

TARGET = Target(((32, 48),), 2)


@pytest.fixture
def cache(tmp_path):
    """Return a cache with room for three entries of 10 bytes."""
    return FrozenCache(tmp_path / 'frozen', max_bytes=30)


def add(cache, digest, seconds):
    """Add an entry that was last used at a time."""
    path = cache.path(cache.identity(digest, TARGET))
    with locked(cache.folder):
        cache.add(path, b'0123456789')
    os.utime(path, (seconds, seconds))
    return path


def test_each_model_target_and_version_has_its_own_entry(cache, monkeypatch):
    def names():
        others = [
            TARGET._replace(iterations=3),
            TARGET._replace(takes_start=True),
            TARGET._replace(precision='fp16'),
            TARGET._replace(sizes=((16, 24), (32, 48))),
        ]
        targets = [('a', TARGET), ('b', TARGET), *(('a', x) for x in others)]
        return {cache.path(cache.identity(*x)) for x in targets}

    now = names()
    assert len(now) == 6
    monkeypatch.setattr(module.metadata, 'version', lambda package: f'99 of {package}')
    assert not now & names()


def test_the_least_recently_used_entry_is_removed(cache):
    a, b, c = (add(cache, name, seconds) for seconds, name in enumerate('abc'))
    (cache.compiled_folder(a) / 'compiled').write_bytes(b'')
    cache.use(a)

    d = add(cache, 'd', 3)

    assert [path.exists() for path in (a, b, c, d)] == [True, False, True, True]
    # The compiled files count too, and are removed with their entry.
    (cache.compiled_folder(c) / 'compiled').write_bytes(20 * b'x')
    add(cache, 'e', 4)
    assert not c.exists() and not c.with_suffix('.compiled').exists()


def test_an_entry_larger_than_the_cache_stays_until_the_next(tmp_path):
    cache = FrozenCache(tmp_path, max_bytes=5)

    assert add(cache, 'a', 0).exists()
    assert add(cache, 'b', 1).exists()
    assert len(list(tmp_path.glob('*.onnx'))) == 1


def test_ignores_what_another_process_removes_meanwhile(cache):
    cache.folder.mkdir()
    (cache.folder / 'a.onnx').symlink_to('removed')  # it is listed but does not exist
    beside = cache.compiled_folder(cache.folder / 'b.onnx')
    (beside / 'c').symlink_to('removed')

    b = add(cache, 'b', 0)

    assert b.exists()


def test_partial_files_of_killed_processes_are_removed(cache):
    add(cache, 'a', 0)
    (cache.folder / 'b.part').write_bytes(b'01234')

    add(cache, 'c', 1)

    assert not list(cache.folder.glob('*.part'))
