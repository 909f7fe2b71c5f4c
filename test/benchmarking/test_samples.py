# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The pairs to measure with."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from crestereo_ros.benchmarking.errors import BenchmarkError
from crestereo_ros.benchmarking.samples import digest, read_samples
from crestereo_ros.errors import CrestereoError

VIDEO = Path(__file__).parents[3] / 'shared/samples/videos/unified_stereo_vid_example.mp4'
TRUTH = np.full((64, 96), 4, np.float32)


def names(samples):
    return [sample.name for sample in samples]


def test_a_folder_is_a_pair_or_contains_pairs(write_pair, tmp_path):
    folders = [write_pair(f'set/{name}', TRUTH) for name in 'edcba']
    assert names(read_samples([str(folders[0])], 9)) == ['e']
    assert names(read_samples([str(tmp_path / 'set')], 9)) == list('abcde')
    assert names(read_samples([str(tmp_path / 'set')], 3)) == ['a', 'c', 'e']
    both = [str(folders[0]), str(folders[1])]
    assert names(read_samples(both, 9)) == ['e', 'd']


def test_the_truth_may_be_missing(write_pair):
    with_truth, without = write_pair('with', TRUTH), write_pair('without')
    np.testing.assert_array_equal(read_samples([str(with_truth)], 1)[0].truth, TRUTH)
    assert read_samples([str(without)], 1)[0].truth is None
    with pytest.raises(BenchmarkError, match='without has no truth, but other pairs do'):
        read_samples([str(with_truth), str(without)], 9)


@pytest.mark.parametrize(
    ('truth', 'reason'),
    [
        (np.full((64, 96), np.inf), 'no known pixel'),
        (np.full((64, 96), 1000), 'has another scale: 1000 px in an image of 96 columns'),
        (np.full((32, 48), 4), 'images are 64x96, and their truth is 32x48'),
    ],
)
def test_refuses_a_truth_that_cannot_be_right(write_pair, truth, reason):
    with pytest.raises(CrestereoError, match=reason):
        read_samples([str(write_pair('pair', truth))], 1)


def test_two_images_are_a_pair_and_sizes_must_agree(write_pair, tmp_path):
    folder = write_pair('pair')
    left, right = (str(folder / f'{side}.png') for side in ('left', 'right'))
    (sample,) = read_samples([left, right], 3)
    assert sample.left.shape == (64, 96, 3) and sample.truth is None
    with pytest.raises(BenchmarkError, match='not 3 files'):
        read_samples([left, right, right], 3)
    cv2.imwrite(right, np.zeros((32, 96, 3), np.uint8))
    for sources in ([left, right], [str(folder)]):
        with pytest.raises(CrestereoError, match='64'):
            read_samples(sources, 3)


def test_a_folder_without_pairs_is_refused(tmp_path):
    with pytest.raises(BenchmarkError, match='has no left.png, nor a folder with one'):
        read_samples([str(tmp_path)], 3)


def test_frames_of_a_video_are_spread_over_it():
    if not VIDEO.exists():
        pytest.skip(f'{VIDEO} is missing')
    samples = read_samples([str(VIDEO)], 2)
    times = [float(sample.name.split()[-2]) for sample in samples]
    assert times[1] == pytest.approx(3 * times[0], rel=0.1)
    assert (samples[0].left != samples[1].left).any()


def test_the_digest_changes_with_the_pairs(write_pair):
    folder = write_pair('pair')
    before = digest(read_samples([str(folder)], 1))
    assert digest(read_samples([str(folder)], 1)) == before
    np.savez(folder / 'truth.npz', disparity=TRUTH)
    assert digest(read_samples([str(folder)], 1)) != before
