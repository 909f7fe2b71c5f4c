# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Faults of a pair are named, and a good pair has none."""

from itertools import permutations
from pathlib import Path

import cv2
import numpy as np
import pytest

from crestereo_ros.sources import open_source
from crestereo_ros.validity.pair_health import faults_of_pair, PairHealth

SHARED = Path(__file__).resolve().parents[3] / 'shared'
SHAPE = 240, 320


@pytest.fixture(scope='module')
def scene():
    """Return a function that makes a pair of a slanted scene from a seed."""

    def scene(seed=1):
        small = np.random.default_rng(seed).integers(0, 255, (30, 50), np.uint8)
        wide = cv2.resize(small, (400, 240), interpolation=cv2.INTER_CUBIC)
        columns = np.tile(np.arange(320, dtype=np.float32), (240, 1))
        rows = np.repeat(np.arange(240, dtype=np.float32), 320).reshape(240, 320)
        disparity = 8 + rows / 10
        return tuple(
            cv2.remap(wide, columns + 40 + shift, rows, cv2.INTER_LINEAR)
            for shift in (0 * disparity, disparity)
        )

    return scene


def covered(seed):
    return np.clip(np.random.default_rng(seed).normal(6, 2, SHAPE), 0, 255).astype(np.uint8)


def faults(*pairs, seconds=3.0):
    """Return the lasting faults after the pairs were checked in turns for some seconds."""
    health = PairHealth()
    for number in range(round(10 * seconds)):
        health.look(*pairs[number % len(pairs)], 100.0 + number / 10)
    return health.faults


def bad_pairs(left, right, other):
    white = np.full(SHAPE, 255, np.uint8)
    dim = (left // 40, right // 40)
    return {
        'saturated': ([(white, white)], 'both images are saturated', True),
        'partly saturated': (
            [(np.clip(3 * left.astype(int), 0, 255).astype(np.uint8), right)],
            'the left image is saturated',
            False,
        ),
        'too dark': ([dim], 'both images are too dark', True),
        'both covered': ([(covered(1), covered(2))], 'both images are too dark', True),
        'covered': ([(left, covered(1))], 'the right image is covered', True),
        'without texture': ([(white // 2, white // 2)], 'both images are without texture', True),
        'exchanged': ([(right, left)], 'exchange left and right', True),
        'unlike': ([(left, other)], 'have nothing in common', True),
        'out of rows': ([(left, np.roll(right, 30, 0))], 'rows line up', True),
        'frozen': ([(left, right)] * 5 + [(other, right)] * 5, 'the right image is frozen', True),
    }


@pytest.mark.parametrize('name', bad_pairs(*[np.zeros(SHAPE, np.uint8)] * 3))
def test_names_every_fault_with_its_fix(scene, name):
    pairs, text, is_error = bad_pairs(*scene(), scene(2)[0])[name]
    fault = faults(*pairs)[0]
    assert text in fault.text
    assert fault.is_error == is_error
    colours = [tuple(np.dstack([view] * 3) for view in pair) for pair in pairs]
    assert faults(*colours)[0].name == fault.name


def test_a_good_pair_has_no_fault(scene):
    left, right = scene()
    brighter = np.clip(1.2 * right + 10, 0, 255).astype(np.uint8)
    for pair in (left, right), (left, brighter), (left // 4, right // 4):
        assert faults(pair) == []


def test_a_still_scene_is_not_frozen(scene):
    assert faults(scene()) == []


def test_reports_a_fault_once_it_lasts_and_until_it_ends(scene):
    health, pair = PairHealth(), scene()
    black = (np.zeros(SHAPE, np.uint8),) * 2
    reported = []
    for now in range(0, 60, 5):
        health.look(*(black if 10 <= now < 40 else pair), 100 + now / 10)
        reported.append([fault.name for fault in health.faults])
    # It begins at 1.0 s, is reported from 2.0 s on, and ends with the first good pair at 4.0 s.
    assert reported == [[]] * 4 + [['too dark']] * 4 + [[]] * 4
    health.look(*black, 110.0)
    health.look(*black, 112.0)
    assert health.faults
    health.restart()
    assert not health.faults


def read_small(path):
    image = cv2.imread(str(path))
    return cv2.resize(
        image, (640, 640 * image.shape[0] // image.shape[1]), None, 0, 0, cv2.INTER_AREA
    )


@pytest.fixture(scope='module')
def real_pairs():
    """Read pairs of calibrated cameras and hand-held ones, by their names."""
    lefts = [*SHARED.glob('evaluation/*/left.*'), *SHARED.glob('samples/*/*left.*g')]
    if not lefts:
        pytest.skip('needs ../shared')
    pairs = [(path, path.with_name(path.name.replace('left', 'right'))) for path in sorted(lefts)]
    return {str(left): (read_small(left), read_small(right)) for left, right in pairs}


def test_no_real_pair_has_a_fault(real_pairs):
    found = {name: faults_of_pair(*pair) for name, pair in real_pairs.items()}
    assert len(found) == 24 and not any(found.values()), found


@pytest.mark.parametrize(
    'names', [['unified_stereo_vid_example.mp4'], ['video_left.mp4', 'video_right.mp4']]
)
def test_no_hand_held_video_has_a_fault(names):
    paths = [SHARED / 'samples/videos' / name for name in names]
    if not paths[0].exists():
        pytest.skip('needs ../shared')
    health = PairHealth()
    for frame in open_source(*map(str, paths)):
        health.look(frame.left, frame.right, 100 + frame.time)
        assert health.faults == [], frame.time


def test_pairs_of_two_scenes_are_unlike(real_pairs):
    scenes = [name for name in real_pairs if 'az2_sim' not in name]  # two cameras on one scene
    chosen = list(permutations(scenes, 2))[::8]
    unlike = 0
    for left, right in chosen:
        view = real_pairs[left][0]
        other = cv2.resize(real_pairs[right][1], view.shape[1::-1])
        unlike += [fault.name for fault in faults_of_pair(view, other)] == ['unlike']
    assert unlike >= 0.9 * len(chosen), unlike


@pytest.mark.parametrize('offset', [-80.0, -40.0, 40.0])
def test_turned_cameras_are_no_fault(make_verged_pair, offset):
    left, right, calibration, _ = make_verged_pair(offset)
    health = PairHealth()
    for now in range(5):
        health.look(left, right, float(now), calibration.principal_offset)
    assert not health.faults
