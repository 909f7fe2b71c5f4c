# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo depth` on files."""

import re

import cv2
import numpy as np
import pytest

from crestereo_ros.matching import StereoMatcher
from crestereo_ros.pictures import colorize, DisparityRange

SUMMARY = re.compile(
    r'disparity (-?[\d.]+) to (-?[\d.]+) px, median (-?[\d.]+) px; '
    r'resolution (\d+x\d+), iterations (\d+), provider cpu, \d+ ms'
)


def test_files_hold_what_the_matcher_gives(crestereo, pair, model_file, tmp_path):
    outputs = tmp_path / 'disparity.data', tmp_path / 'color.png'
    ended = crestereo(
        *('depth', *pair, '--model', model_file, '--provider', 'cpu'),
        *('--disparity', outputs[0], '--color', outputs[1]),
    )
    assert (ended.returncode, ended.stderr) == (0, '')
    expected = StereoMatcher(str(model_file), 'cpu').match(
        *(cv2.imread(str(path)) for path in pair)
    )
    disparity = np.load(outputs[0])
    assert disparity.dtype == np.float32 and disparity.shape == (64, 96)
    np.testing.assert_allclose(disparity, expected, atol=1e-3)
    colors = colorize(disparity, *DisparityRange().update(disparity))
    assert (cv2.imread(str(outputs[1])) == colors).all()
    lowest, highest, median, resolution, iterations = SUMMARY.match(ended.stdout).groups()
    assert float(lowest) == pytest.approx(disparity.min(), abs=0.06)
    assert float(highest) == pytest.approx(disparity.max(), abs=0.06)
    assert float(median) == pytest.approx(np.median(disparity), abs=0.06)
    assert (resolution, iterations) == ('64x96', '2')
    assert f'; wrote {outputs[0]}; wrote {outputs[1]}\n' in ended.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *('color.png', 'disparity.data', 'left.png', 'right.png')
    ]


def test_settings_reach_the_network_and_nothing_is_written_unasked(
    crestereo, pair, model_file, tmp_path
):
    ended = crestereo(
        *('depth', *pair, '--model', model_file, '--iterations', 3, '--resolution', '32x64')
    )
    assert (ended.returncode, ended.stderr) == (0, '')
    assert SUMMARY.match(ended.stdout).groups()[3:] == ('32x64', '3')
    assert 'wrote' not in ended.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ['left.png', 'right.png']


def test_shipped_model_is_the_default(crestereo, pair):
    ended = crestereo('depth', *pair, '--iterations', 2)
    assert (ended.returncode, ended.stderr) == (0, '')
    assert SUMMARY.match(ended.stdout)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['missing.png', 'right.png'], 'missing.png does not exist'),
        (['left.png', 'cut.png'], 'cut.png cannot be decoded'),
        (['left.png', 'text.png'], 'left.png is an image, but .*text.png is none'),
        (['left.png', 'small.png'], 'left.png is 96x64 and .*small.png is 48x32'),
        (['video.avi', 'video.avi'], 'are videos: give two images'),
        (['--model', 'missing.onnx'], 'missing.onnx'),
        (['--model', 'left.png'], 'left.png is no ONNX file'),
        (['--iterations', '33'], 'iterations must be 1 to 32'),
        (['--resolution', '640'], 'resolution "640" is not HEIGHTxWIDTH'),
        (['--provider', 'abacus'], "'abacus'"),
        (['--color', 'out.doc'], 'out.doc is no kind of image .* use .png'),
        (['--color', 'no/out.png'], 'no/out.png cannot be written: there is no folder .*no'),
        (['--disparity', '.'], 'cannot be written: it is a folder'),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_code_2(
    crestereo, pair, model_file, tmp_path, arguments, message
):
    left = cv2.imread(str(pair[0]))
    assert cv2.imwrite(str(tmp_path / 'small.png'), left[::2, ::2])
    (tmp_path / 'cut.png').write_bytes(pair[0].read_bytes()[:3000])
    (tmp_path / 'text.png').write_text('Dear reader')
    code = cv2.VideoWriter_fourcc(*'MJPG')
    writer = cv2.VideoWriter(str(tmp_path / 'video.avi'), code, 10, (96, 64))
    for _ in range(2):
        writer.write(left)
    writer.release()
    before = sorted(tmp_path.iterdir())

    pairs = list(pair) if arguments[0].startswith('--') else []
    model = ['--model', model_file] if '--model' not in arguments else []
    files = [tmp_path / text if '.' in text else text for text in arguments]
    ended = crestereo('depth', *pairs, *model, *files)
    assert ended.returncode == 2
    assert ended.stdout == ''
    (line,) = ended.stderr.splitlines()
    assert line.startswith('crestereo depth: ')
    assert re.search(message, line)
    assert sorted(tmp_path.iterdir()) == before
