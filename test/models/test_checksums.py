# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A file that was fetched is compared with the checksum beside it when it is opened."""

import shutil

import pytest

from crestereo_ros.matching import ModelFileError, StereoMatcher
from crestereo_ros.models.checksums import digest_of, record_of


@pytest.fixture
def fetched(small_model, tmp_path):
    """Return a file with a record beside it, as sha256sum writes it."""
    path = tmp_path / 'model.onnx'
    shutil.copy(small_model, path)
    record_of(path).write_text(f'{digest_of(path)}  {path.name}\n')
    return path


def test_the_same_file_is_opened(fetched):
    assert StereoMatcher(str(fetched), 'cpu').fixed_resolution is None


def test_a_changed_file_is_not(fetched):
    with fetched.open('ab') as file:
        file.write(b'\x2a\x00')  # an empty field, which ONNX Runtime would take

    with pytest.raises(ModelFileError, match=f'{fetched} is not what was fetched first: its sha'):
        StereoMatcher(str(fetched), 'cpu')


@pytest.mark.parametrize('record', [b'', b'abc', b'\xff\xfe', b'f' * 65])
def test_a_record_without_a_checksum(fetched, record):
    record_of(fetched).write_bytes(record)

    with pytest.raises(ModelFileError, match='does not hold a sha256: delete it if you trust'):
        StereoMatcher(str(fetched), 'cpu')
