# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pairs with truth from folders."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from crestereo_ros.evaluation.errors import EvaluationError
from crestereo_ros.evaluation.pairs import read_pair, read_pairs

EVALUATION = Path(__file__).parents[3] / 'shared' / 'evaluation'


@pytest.fixture
def write_pair(tmp_path):
    """Return a function that writes a 12x16 pair whose images and truth contain a number."""

    def write_pair(name, number=1, truth='truth'):
        folder = tmp_path / name
        folder.mkdir()
        for side in ('left', 'right'):
            cv2.imwrite(str(folder / f'{side}.png'), np.full((12, 16), number, np.uint8))
        np.savez(folder / f'{truth}.npz', disparity=np.full((12, 16), number))
        return folder

    return write_pair


def test_reads_a_pair(write_pair):
    folder = write_pair('table', 7)
    (folder / 'source.txt').write_text('somewhere, scale 1/2\n')

    pair = read_pair(folder)

    assert pair.name == 'table'
    assert pair.source == 'somewhere, scale 1/2'
    for image in pair.left, pair.right:
        np.testing.assert_array_equal(image, np.full((12, 16, 3), 7, np.uint8))
    assert pair.truth.dtype == np.float32
    np.testing.assert_array_equal(pair.truth, np.full((12, 16), 7))


def test_reads_all_pairs_sorted_by_name(write_pair, tmp_path):
    write_pair('b', 2)
    write_pair('a', 1, truth='disparity')
    (tmp_path / 'README.md').write_text('about them')
    (tmp_path / 'other').mkdir()

    pairs = list(read_pairs(tmp_path))

    assert [(pair.name, pair.truth[0, 0], pair.source) for pair in pairs] == [
        ('a', 1, ''),
        ('b', 2, ''),
    ]


def test_errors_name_the_problem(write_pair, tmp_path):
    (tmp_path / 'empty').mkdir()
    with pytest.raises(EvaluationError, match='empty has no folder with a left.png'):
        next(read_pairs(tmp_path / 'empty'))
    folder = write_pair('no_right')
    (folder / 'right.png').unlink()
    with pytest.raises(EvaluationError, match='right.png is missing or not a readable image'):
        read_pair(folder)
    folder = write_pair('broken')
    (folder / 'left.png').write_bytes(b'no picture')
    with pytest.raises(EvaluationError, match='left.png is missing or not a readable image'):
        read_pair(folder)
    folder = write_pair('no_truth')
    (folder / 'truth.npz').unlink()
    with pytest.raises(EvaluationError, match='no_truth has no truth.npz or disparity.npz'):
        read_pair(folder)
    folder = write_pair('other_truth')
    np.savez(folder / 'truth.npz', depth=np.zeros((12, 16)))
    with pytest.raises(EvaluationError, match='truth.npz has no array `disparity`'):
        read_pair(folder)
    folder = write_pair('sizes')
    np.savez(folder / 'truth.npz', disparity=np.zeros((6, 8)))
    with pytest.raises(EvaluationError, match='images are 12x16, and their truth is 6x8'):
        read_pair(folder)


def test_reads_pairs_of_public_data_sets():
    if not EVALUATION.exists():
        pytest.skip('no ../shared/evaluation')
    pairs = {pair.name: pair for pair in read_pairs(EVALUATION)}

    assert len(pairs) >= 18
    assert all(np.isfinite(pair.truth).mean() > 0.1 for pair in pairs.values())
    assert 'KITTI 2012' in pairs['kitti12_000043'].source
