# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Samples from a pool."""

from itertools import islice

import cv2
import numpy as np
import pytest
import torch

from training import draws
from training.draws import crop, PoolStream
from training.loss import UNMATCHABLE
from training.pool import Pair, Pool, write_pair
from training.scenes import render_scene


@pytest.fixture(scope='module')
def scene():
    """Return a layered scene, 160x256."""
    return render_scene(np.random.default_rng(4), 160, 256, 30)


@pytest.fixture(scope='module')
def rendered(tmp_path_factory, scene):
    """Return a pool of two scenes."""
    folder = tmp_path_factory.mktemp('pool')
    write_pair(folder, 0, Pair(scene, infrared=False))
    other = render_scene(np.random.default_rng(5), 160, 256, 30)
    write_pair(folder, 1, Pair(other, infrared=True))
    return Pool(folder)


def samples(rendered, count):
    """Return samples, 64x96."""
    return list(islice(PoolStream(rendered, 64, 96), count))


def colour_error(left, right, disparity):
    """Return the median difference between the left image and the warped right one."""
    y, x = np.mgrid[: disparity.shape[0], : disparity.shape[1]].astype(np.float32)
    fetched = cv2.remap(right, x - disparity, y, cv2.INTER_LINEAR)
    return np.median(np.abs(fetched.astype(int) - left))


def test_disparity_of_a_crop_fits_its_images(scene):
    """At every scale, the disparity leads from the left image to the right one."""
    scales = set()
    for seed in range(12):
        part = crop(np.random.default_rng(seed), scene, 64, 96)
        assert part.left.shape == part.right.shape == (64, 96, 3)
        assert part.disparity.shape == part.disparity_right.shape == (64, 96)
        right = colour_error(part.left, part.right, part.disparity)
        assert right < colour_error(part.left, part.right, part.disparity + 2)
        scales.add(round(float(part.disparity.max() / scene.disparity.max()), 2))
    assert len(scales) > 4


def test_the_whole_scene_can_be_a_crop(scene):
    part = crop(np.random.default_rng(0), scene, 160, 256)
    np.testing.assert_array_equal(part.left, scene.left)
    np.testing.assert_array_equal(part.disparity, scene.disparity)


def test_samples_have_the_promised_form(rendered):
    for left, right, truth, known in samples(rendered, 12):
        assert left.shape == right.shape == (3, 64, 96)
        assert truth.shape == (2, 64, 96) and known.shape == (1, 64, 96)
        assert {x.dtype for x in (left, right, truth, known)} == {torch.float32}
        assert 0 <= left.min() and left.max() <= 255
        assert torch.isfinite(truth).all() and truth[0].min() >= 0


def test_clean_samples_fit_their_truth_better(rendered, monkeypatch):
    """Without noise, blur and tilt, the two sides of a match have the same colours."""
    monkeypatch.setattr(draws, 'WITHOUT_CONTENT', 0)
    errors = []
    for share in 0.0, 1.0:
        monkeypatch.setattr(draws, 'CLEAN', share)
        found = samples(rendered, 30)
        errors.append(
            np.mean(
                [
                    colour_error(*(x.numpy().transpose(1, 2, 0) for x in pair), truth[0].numpy())
                    for *pair, truth, _ in found
                ]
            )
        )
        assert (share == 0) == any(truth[1].abs().max() > 0 for _, _, truth, _ in found)
    assert errors[1] < 0.6 * errors[0]


def test_a_share_has_no_content_and_is_marked(rendered, monkeypatch):
    """All pixels of such a sample are unmatchable, and the disparity does not fit the images."""
    monkeypatch.setattr(draws, 'WITHOUT_CONTENT', 0.5)
    found = samples(rendered, 40)
    marked = [sample for sample in found if sample[3].min() == UNMATCHABLE]
    assert all((sample[3] == UNMATCHABLE).all() for sample in marked)
    assert 8 < len(marked) < 32
    flat = [sample for sample in marked if min(sample[0].std(), sample[1].std()) < 6]
    assert len(flat) > 3
    assert len(flat) < len(marked)  # the exchanged and frozen samples


def test_the_same_start_gives_the_same_samples(rendered):
    for one, again in zip(samples(rendered, 3), samples(rendered, 3), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
