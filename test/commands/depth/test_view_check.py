# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sources whose views are not those of a stereo camera."""

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from crestereo_ros.commands.depth.view_check import ViewCheck
from crestereo_ros.commands.errors import CommandError
from crestereo_ros.sources import StereoFrame

DATA = Path(__file__).parents[3] / 'demo/data'
LEFT, RIGHT = (cv2.imread(str(DATA / f'{side}.png')) for side in ('left', 'right'))
OTHER = cv2.rotate(LEFT, cv2.ROTATE_180)
BLACK = np.zeros_like(LEFT)


def source(*pairs):
    """Return a source of ten seconds that shows these pairs one after the other."""

    def frames(start=0.0):
        for pair in pairs[int(start / 10 * len(pairs)) :]:
            yield StereoFrame(*pair, time=0.0)

    return SimpleNamespace(
        name='film.mp4', length=len(pairs), seekable=True, duration=10.0, frames=frames
    )


def look(*pairs):
    check = ViewCheck(source(*pairs))
    for pair in pairs:
        check.look(*pair)


def test_pairs_pass():
    look((LEFT, RIGHT))
    look((BLACK, BLACK), (LEFT, RIGHT))


@pytest.mark.parametrize('pairs', [[(LEFT, OTHER)], [(BLACK, BLACK), *[(LEFT, OTHER)] * 5]])
def test_views_without_anything_in_common_are_refused(pairs):
    with pytest.raises(CommandError, match=r'film\.mp4: the views have nothing in common'):
        look(*pairs)


def test_identical_views_are_refused():
    with pytest.raises(CommandError, match='both images are the same'):
        look((LEFT, LEFT.copy()))


def test_a_title_does_not_decide_about_a_film():
    look((LEFT, OTHER), *[(LEFT, RIGHT)] * 5)


def test_exchanged_views_are_named(caplog):
    look((RIGHT, LEFT))
    assert 'exchange left and right' in caplog.text


def test_halves_of_a_plain_film(crestereo, model_file, tmp_path):
    half = LEFT.shape[1] // 2
    for side, image in (('left', LEFT[:, :half]), ('right', LEFT[:, half : 2 * half])):
        assert cv2.imwrite(str(tmp_path / f'{side}.png'), image)
    command = ('depth', tmp_path / 'left.png', tmp_path / 'right.png', '--model', model_file)
    ended = crestereo(*command)
    assert ended.returncode == 2
    assert 'right.png: the views have nothing in common' in ended.stderr
    assert crestereo(*command, '--align', 'off').returncode == 0


@pytest.mark.parametrize('infinity', [-60, 60])
def test_turned_cameras_are_not_taken_for_exchanged_ones(caplog, infinity):
    matrix = np.array([[1, 0, -infinity], [0, 1, 0]], np.float32)
    right = cv2.warpAffine(RIGHT, matrix, RIGHT.shape[1::-1])
    ViewCheck(source((LEFT, right))).look(LEFT, right, infinity)
    assert not caplog.records
    left = cv2.warpAffine(LEFT, matrix, LEFT.shape[1::-1])  # exchanged cameras of the same rig
    ViewCheck(source((RIGHT, left))).look(RIGHT, left, infinity)
    assert 'exchange left and right' in caplog.text
