# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`crestereo compare` on files."""

import json
import os
import sys

import cv2
import numpy as np
import pytest

from crestereo_ros.commands.main import run
from crestereo_ros.evaluation.comparison import disparity_figures
from crestereo_ros.evaluation.picture_measures import histogram_distance, structural_similarity
from crestereo_ros.pictures import error_map

SHAPE = 60, 80


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Change to a folder with a truth, a result with errors and holes, and pictures."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    truth = rng.uniform(5, 60, SHAPE).astype(np.float32)
    result = truth + rng.normal(0, 2, SHAPE).astype(np.float32)
    truth[:5], result[:, :7] = np.inf, np.nan
    np.savez('truth.npz', disparity=truth)
    np.save('result.npy', result)
    cv2.imwrite('truth.png', (np.where(np.isfinite(truth), truth, 0) * 256).astype(np.uint16))
    for name in 'a', 'b':
        small = rng.integers(0, 255, (6, 8, 3), np.uint8)
        cv2.imwrite(f'{name}.png', cv2.resize(small, SHAPE[::-1], interpolation=cv2.INTER_CUBIC))
    return tmp_path


@pytest.fixture
def compare(folder, capfd):
    """Return a function that runs the command to its end: code, stdout, stderr."""

    def compare(*arguments):
        code = run(['compare', *arguments])
        return code, *capfd.readouterr()

    return compare


def files():
    with np.load('truth.npz') as arrays:
        return np.load('result.npy'), arrays['disparity']


@pytest.mark.filterwarnings('error')
def test_table_of_a_disparity_against_the_truth(compare):
    code, out, err = compare('result.npy', 'truth.npz')

    assert (code, err) == (0, '')
    figures = disparity_figures(*files())
    compared = np.isfinite(np.add(*files())).mean()
    assert out == (
        '\n**result.npy against truth.npz.**\n\n| Measure | Value |\n| --- | --- |\n'
        f'| End-point error | {figures["end_point_error"]:.2f} px |\n'
        f'| bad-0.5 | {100 * figures["bad_0.5"]:.1f} % |\n'
        f'| bad-1 | {100 * figures["bad_1"]:.1f} % |\n'
        f'| bad-2 | {100 * figures["bad_2"]:.1f} % |\n'
        f'| bad-4 | {100 * figures["bad_4"]:.1f} % |\n'
        f'| D1 | {100 * figures["d1"]:.1f} % |\n'
        f'| Density | {100 * figures["density"]:.1f} % |\n'
        f'| Compared pixels | {100 * compared:.1f} % |\n'
    )


def test_json_of_png_with_scale_and_mask_and_the_picture_of_errors(compare):
    # As in masks of Middlebury, 128 is occluded.
    mask = np.zeros(SHAPE, np.uint8)
    mask[20:50, 20:] = 255
    mask[10:20] = 128
    cv2.imwrite('mask.png', mask)

    code, out, err = compare(
        *('result.npy', 'truth.png', '--scale', '256', '--mask', 'mask.png'),
        *('--picture', 'error.png', '--json'),
    )

    assert (code, err) == (0, '')
    result = np.load('result.npy')
    truth = (cv2.imread('truth.png', cv2.IMREAD_UNCHANGED) / 256).astype(np.float32)
    truth[truth == 0] = np.nan
    counted = mask == 255
    assert json.loads(out) == {
        'a': 'result.npy',
        'b': 'truth.png',
        'kind': 'disparity',
        **disparity_figures(result, truth, counted),
        'compared': (counted & np.isfinite(result)).mean(),
        'notes': ['wrote error.png'],
    }
    errors = np.where(counted, np.abs(result - truth), np.nan)
    expected = error_map(errors, counted & np.isnan(result))
    np.testing.assert_array_equal(cv2.imread('error.png'), expected)


@pytest.mark.parametrize('factor', [0.5, 2])
def test_another_size_is_scaled_with_its_disparities_and_said_so(compare, factor):
    plane = np.full(SHAPE, 12, np.float32)
    np.save('plane.npy', plane)
    np.save('scaled.npy', factor * cv2.resize(plane, None, fx=factor, fy=factor))

    code, out, _ = compare('scaled.npy', 'plane.npy', '--json')

    result = json.loads(out)
    assert (code, result['end_point_error'], result['density']) == (0, 0, 1)
    width, height = int(80 * factor), int(60 * factor)
    assert result['notes'] == [
        f'scaled.npy ({width}x{height}) was scaled to the size of plane.npy (80x60), and its '
        'disparities with the width'
    ]


def test_pictures_of_two_sizes(compare):
    pytest.importorskip('skimage', reason='needs the extra compare')
    a, b = cv2.imread('a.png'), cv2.imread('b.png')
    half = cv2.resize(a, (40, 30), interpolation=cv2.INTER_AREA)
    cv2.imwrite('half.png', half)

    code, out, err = compare('a.png', 'half.png', '--json')

    result = json.loads(out)
    assert (code, err) == (0, '')
    assert (result['histogram_distance'], result['ssim']) == pytest.approx((0, 1), abs=1e-6)
    assert result['notes'] == ['a.png (80x60) was scaled to the size of half.png (40x30)']

    code, out, _ = compare('a.png', 'b.png')
    assert f'| Histogram distance | {histogram_distance(a, b):.4f} |\n' in out
    assert out.endswith(f'| SSIM | {structural_similarity(a, b):.4f} |\n')


def test_without_scikit_image_the_rest_is_measured(compare, monkeypatch):
    monkeypatch.setitem(sys.modules, 'skimage.metrics', None)

    code, out, err = compare('a.png', 'b.png', '--json')

    result = json.loads(out)
    assert (code, err, result['ssim']) == (0, '', None)
    assert result['histogram_distance'] > 0
    (note,) = result['notes']
    assert 'scikit-image' in note and 'pip install scikit-image' in note


@pytest.mark.parametrize('scale', ['1', '16'])
def test_another_unit_is_pointed_out(compare, scale):
    factor = 256 // int(scale)

    code, out, _ = compare('result.npy', 'truth.png', '--scale', scale)

    assert code == 0
    assert out.splitlines()[-1] == (
        f'truth.png has about {factor} times the values of result.npy, so one of them is probably '
        f'not in pixels: check --scale, or divide an array by {factor}'
    )


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ('result.npy a.png', 'result.npy is a disparity, but a.png is a picture'),
        ('a.png truth.npz', 'a.png is a picture, but truth.npz is a disparity'),
        ('result.npy truth.png', 'truth.png has 16 bits: give the scale of its disparities'),
        ('result.npy unknown.npy', 'unknown.npy has no known disparity'),
        ('result.npy hidden.npy', 'result.npy and hidden.npy have no known pixel in common'),
        ('result.npy truth.npz --mask black.png', 'in common within the mask black.png'),
        ('result.npy truth.npz --mask small.png', 'mask small.png is 20x10, not 80x60'),
        ('result.npy missing.npy', 'missing.npy does not exist'),
        ('result.npy cut.npy', 'cut.npy is not a readable NumPy file'),
        ('a.png cut.png', 'cut.png cannot be decoded'),
        ('a.png words.txt', 'words.txt is neither a disparity'),
        ('a.png b.png --mask black.png', '--mask is for disparities'),
        ('a.png b.png --picture error.png', '--picture is for disparities'),
        ('result.npy truth.npz --picture error.txt', 'error.txt is no image that can be written'),
        ('result.npy truth.npz --picture none/e.png', 'none/e.png'),
    ],
)
def test_wrong_input_gets_one_line_and_code_2(compare, arguments, message):
    np.save('unknown.npy', np.full(SHAPE, np.nan))
    hidden = np.full(SHAPE, np.nan)
    hidden[:, 0] = 5
    np.save('hidden.npy', hidden)
    cv2.imwrite('black.png', np.zeros(SHAPE, np.uint8))
    cv2.imwrite('small.png', np.full((10, 20), 255, np.uint8))
    for name, cut in ('result.npy', 'cut.npy'), ('a.png', 'cut.png'):
        with open(name, 'rb') as whole, open(cut, 'wb') as part:
            part.write(whole.read()[:300])
    with open('words.txt', 'w') as file:
        file.write('words')

    code, out, err = compare(*arguments.split())

    assert (code, out) == (2, '')
    (line,) = err.splitlines()
    assert line.startswith('crestereo compare: ') and message in line
    assert 'error.png' not in os.listdir()


@pytest.mark.parametrize('scale', ['0', '-1', 'nan', 'inf', 'x'])
def test_a_scale_is_a_number_above_zero(compare, capfd, scale):
    with pytest.raises(SystemExit, match='2'):
        compare('result.npy', 'truth.png', '--scale', scale)
    assert f'--scale: {scale} is no number above 0' in capfd.readouterr().err
