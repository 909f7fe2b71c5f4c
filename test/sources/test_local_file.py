# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files on this machine; what is wrong with them is held against open_source as well."""

import pytest

from crestereo_ros.sources import SourceError
from crestereo_ros.sources.local_file import LocalFile


def test_image_is_recognised_by_its_content(write_image, write_video):
    image, video = LocalFile(write_image('i.png')), LocalFile(write_video('v.avi'))
    assert image.is_image() and not video.is_image()
    assert image.read() == image.path.read_bytes()
    assert video.capture().isOpened() and not video.resumable


def test_home_is_understood(write_image, monkeypatch):
    path = write_image('i.png')
    monkeypatch.setenv('HOME', str(path.parent))
    assert LocalFile('~/i.png').path == path


def test_folder_instead_of_a_file_is_refused(tmp_path):
    with pytest.raises(SourceError, match='is not a file: name an image or a video'):
        LocalFile(tmp_path)


def test_file_that_disappeared_is_reported(write_image):
    location = LocalFile(write_image('i.png'))
    location.path.unlink()
    with pytest.raises(SourceError, match=r'i\.png cannot be read: No such file'):
        location.read()
    with pytest.raises(SourceError, match=r'i\.png does not exist any more'):
        location.capture()
