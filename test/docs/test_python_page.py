# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/python.md run as they are printed."""

from pathlib import Path
import re
import subprocess
import sys

import cv2
import pytest
import yaml

import crestereo_ros

ROOT = Path(__file__).parents[2]
TIMEOUT = 120  # seconds; only ever reached by a failure
EXAMPLES = dict(
    re.findall(
        r'^## ([^\n]+)\n(?:(?!^## ).)*?```python\n(.*?)```',
        (ROOT / 'docs/python.md').read_text(),
        re.MULTILINE | re.DOTALL,
    )
)


@pytest.fixture
def folder(tmp_path):
    """Return a folder with what the examples open; the pair is small, so that they are quick."""
    data = tmp_path / 'demo/data'
    data.mkdir(parents=True)
    for side in 'left', 'right':
        image = cv2.imread(str(ROOT / f'demo/data/{side}.png'))
        small = cv2.resize(image, (160, 120), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(data / f'{side}.png'), small)
        (data / f'{side}.yaml').write_text(scaled((ROOT / f'demo/data/{side}.yaml').read_text()))
        codec = cv2.VideoWriter_fourcc(*'mp4v')
        video = cv2.VideoWriter(str(tmp_path / f'{side}.mp4'), codec, 10, (160, 120))
        for _ in range(3):
            video.write(small)
        video.release()
    return tmp_path


def scaled(calibration):
    """Return the text of a calibration for images of a quarter of the width."""
    content = yaml.safe_load(calibration)
    factor = 160 / content['image_width']
    content['image_width'], content['image_height'] = 160, 120
    for name in 'camera_matrix', 'projection_matrix':
        data = content[name]['data']
        half = len(data) // 3
        content[name]['data'] = [x * factor for x in data[: 2 * half]] + data[2 * half :]
    return yaml.safe_dump(content)


def run(code, folder):
    ended = subprocess.run(
        [sys.executable, '-c', code], cwd=folder, capture_output=True, text=True, timeout=TIMEOUT
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_page_has_an_example_for_each_use():
    assert list(EXAMPLES) == [
        'Disparity of a pair',
        'Depth and points',
        'A video',
        'In your own node',
        'Errors',
    ]


def test_disparity_of_a_pair(folder):
    assert run(EXAMPLES['Disparity of a pair'], folder) == '(120, 160) float32 cpu\n'


def test_depth_and_points(folder):
    disparity, depth, confidence, shape, seconds = run(
        EXAMPLES['Depth and points'], folder
    ).splitlines()
    focal_length, baseline = 160.0, 0.12
    assert float(disparity.split()[0]) == pytest.approx(
        focal_length * baseline / float(depth.split()[0]), rel=0.01
    )
    assert 0.5 < float(confidence) <= 1
    assert re.fullmatch(r'\(\d+, 3\)', shape) and "'match': " in seconds


def test_a_video(folder):
    lines = run(EXAMPLES['A video'], folder).splitlines()
    assert [line.partition(':')[0] for line in lines] == ['0.00 s', '0.10 s', '0.20 s']
    assert lines[0].endswith('from nothing: no frame before')
    assert lines[2].endswith('from previous disparity')


def test_errors(folder):
    assert 'no_such_model' in run(EXAMPLES['Errors'], folder)


def test_all_names_can_be_imported():
    for name in crestereo_ros.__all__:
        assert getattr(crestereo_ros, name).__doc__, name
    with pytest.raises(AttributeError, match='no_such_name'):
        _ = crestereo_ros.no_such_name
