# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo offset`, on disparities that are made and on those that the network finds."""

import json

import cv2
import numpy as np
import pytest

from crestereo_ros.commands.main import run

FOCAL_LENGTH, BASELINE, OFFSET = 300.0, 0.1, 0.8
DISTANCES = 1.0, 2.5
HEIGHT, WIDTH = 180, 240
CALIBRATION = """image_width: 240
image_height: 180
camera_matrix: {data: [300, 0, 120, 0, 300, 90, 0, 0, 1]}
distortion_coefficients: {data: [0, 0, 0, 0, 0]}
rectification_matrix: {data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix: {data: [300, 0, %s, %s, 0, 300, 90, 0, 0, 0, 1, 0]}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Change to a folder with the disparities of two walls and a calibration."""
    monkeypatch.chdir(tmp_path)
    for number, distance in enumerate(DISTANCES):
        disparity = FOCAL_LENGTH * BASELINE / distance + OFFSET + 3  # of the principal points
        np.save(f'{number}.npy', np.full((HEIGHT, WIDTH), disparity, np.float32))
    (tmp_path / 'left.yaml').write_text(CALIBRATION % (120, 0))
    (tmp_path / 'right.yaml').write_text(CALIBRATION % (117, -FOCAL_LENGTH * BASELINE))
    return tmp_path


@pytest.fixture
def offset(folder, capfd):
    """Return a function that runs the command to its end: code, stdout, stderr."""

    def offset(*arguments):
        code = run(['offset', *map(str, arguments)])
        return code, *capfd.readouterr()

    return offset


WALLS = '0.npy', '1.npy', '--distances', *DISTANCES
CALIBRATED = '--calibration', 'left.yaml', 'right.yaml'


def test_the_report_says_what_to_set(offset):
    code, out, err = offset(*WALLS, *CALIBRATED, '--distance-error', 0.001)
    assert (code, err) == (0, '')
    assert 'disparity_offset 0.800 px, give or take 0.0' in out
    assert 'focal length times baseline 30.000 px m, give or take ' in out
    assert '; the calibration says 30.000' in out and 'warning' not in out
    assert 'ros2 param set /stereo_depth disparity_offset 0.800, or' in out


def test_json(offset):
    code, out, _ = offset(*WALLS, *CALIBRATED, '--json')
    found = json.loads(out)
    assert code == 0
    assert found['disparity_offset'] == pytest.approx(OFFSET, abs=1e-4)
    assert found['focal_length_times_baseline'] == pytest.approx(found['of_calibration'], rel=1e-5)
    assert [wall['distance'] for wall in found['walls']] == list(DISTANCES)
    # Without the calibration, the principal points are part of it.
    _, out, _ = offset(*WALLS, '--json')
    assert json.loads(out)['disparity_offset'] == pytest.approx(OFFSET + 3, abs=1e-4)
    # One wall, and a baseline that is relied on.
    _, out, _ = offset('1.npy', '--distances', 2.5, *CALIBRATED, '--keep-baseline', '--json')
    found = json.loads(out)
    assert found['disparity_offset'] == pytest.approx(OFFSET, abs=1e-4)
    assert found['focal_length_times_baseline'] is None


def test_a_wrong_baseline_and_no_offset_are_told(offset):
    for number, distance in enumerate(DISTANCES):
        np.save(f'{number}.npy', np.full((HEIGHT, WIDTH), 33 / distance + 3, np.float32))
    _, out, _ = offset(*WALLS, *CALIBRATED)
    assert 'warning: they differ by more than three times that' in out
    assert 'this is within the uncertainty: no offset has been shown' in out


@pytest.mark.parametrize(
    ('arguments', 'text'),
    [
        (['0.npy', '--distances', 1, 2], '1 disparities have 2 distances'),
        ([*WALLS, '--keep-baseline'], '--keep-baseline needs --calibration'),
        ([*WALLS, '--region', '200,0,50,50'], '--region is not inside of 0.npy, which is 240x180'),
        (['left.yaml', '--distances', 1], 'left.yaml is no disparity'),
        (['0.npy', '--distances', 1], 'walls at two different distances are needed'),
        (['no.npy', '--distances', 1], 'no.npy'),
        (['0.npy', 'small.npy', '--distances', 1, 2], 'have different sizes'),
        (['empty.npy', '--distances', 1], 'empty.npy: only 0% of the wall is known'),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(offset, arguments, text):
    np.save('small.npy', np.ones((9, 9), np.float32))
    np.save('empty.npy', np.full((HEIGHT, WIDTH), np.nan, np.float32))
    code, out, err = offset(*arguments)
    assert (code, out) == (2, '')
    assert err.startswith('crestereo offset: ') and text in err and err.count('\n') == 1


def test_the_offset_of_a_rig_that_the_network_looks_through(crestereo, tmp_path):
    """Walls with texture, from cameras whose images are a bit further apart than they should."""
    noise = np.random.default_rng(4).uniform(0, 255, (HEIGHT // 2, WIDTH, 3))
    texture = cv2.resize(cv2.GaussianBlur(noise, (0, 0), 0.7), (2 * WIDTH, HEIGHT))
    texture = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    found = []
    for distance in DISTANCES:
        shift = FOCAL_LENGTH * BASELINE / distance + OFFSET
        for side, columns in ('left', 0.0), ('right', shift):
            move = np.float32([[1, 0, -40 - columns], [0, 1, 0]])
            view = cv2.warpAffine(texture, move, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)
            cv2.imwrite(str(tmp_path / f'{side}.png'), view)
        found.append(tmp_path / f'{distance}.npy')
        ended = crestereo(
            *('depth', tmp_path / 'left.png', tmp_path / 'right.png', '--align', 'off'),
            *('--disparity', found[-1]),
        )
        assert ended.returncode == 0, ended.stderr
    ended = crestereo('offset', *found, '--distances', *DISTANCES, '--json')
    assert ended.returncode == 0, ended.stderr
    result = json.loads(ended.stdout)
    assert result['disparity_offset'] == pytest.approx(OFFSET, abs=0.2)
    assert result['focal_length_times_baseline'] == pytest.approx(30, abs=0.5)
