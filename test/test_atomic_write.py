# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files that appear whole or not at all."""

import resource

import pytest

from crestereo_ros.atomic_write import write_atomically


def test_a_file_is_written_and_replaced(tmp_path):
    path = tmp_path / 'new/folder/file.json'
    for content in (b'first', b'second'):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_keeps_the_old_file_if_the_new_one_cannot_be_written(tmp_path):
    path = tmp_path / 'file'
    path.write_bytes(b'old')
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limit[1]))
    try:
        with pytest.raises(OSError, match='File too large'):
            write_atomically(path, bytes(1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert path.read_bytes() == b'old'
    assert list(tmp_path.iterdir()) == [path]
