# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Names of files that are not UTF-8, which end OpenCV by a signal."""

import os
from pathlib import Path
import shutil
import subprocess
import sys

import pytest

NAME = b'caf\xe9'  # Latin-1
CODE = """
import sys
from crestereo_ros.errors import CrestereoError
from crestereo_ros.sources import open_source
try:
    print(len(list(open_source(*sys.argv[1:]))))
except CrestereoError as error:
    print(error)
"""


@pytest.fixture
def play(tmp_path):
    """Return a function that plays sources in a process of its own, and gives what it prints."""

    def play(*sources):
        command = [sys.executable, '-c', CODE, *sources]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    return play


@pytest.fixture
def renamed():
    """Return a function that copies a file to a name that is not UTF-8."""

    def renamed(path):
        try:
            return shutil.copy(os.fsencode(path), os.fsencode(path.parent) + b'/' + NAME)
        except OSError:
            pytest.skip('this file system has only names in UTF-8')

    return renamed


def test_images_and_videos_are_read(play, renamed, write_image, write_video):
    image = renamed(write_image('a.png'))
    assert play(image, image) == '1'
    video = renamed(write_video('b.avi', size=(48, 128)))
    assert play(video) == '5'
    Path(os.fsdecode(video)).write_bytes(b'neither')
    assert 'caf\\xe9 is neither an image nor a video' in play(video)


def test_folder_may_hold_such_a_file(play, renamed, write_image, tmp_path):
    for side in ('left', 'right'):
        (tmp_path / side).mkdir()
        write_image(f'{side}/1.png', (10, 20, 30 if side == 'left' else 40))
    renamed(write_image('left/2.png'))
    assert play(str(tmp_path / 'left'), str(tmp_path / 'right')) == '1'
