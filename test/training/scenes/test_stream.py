# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The streams of training samples."""

from itertools import islice

import pytest
import torch

from training.scenes.stream import SceneStream, SequenceStream
from training.scenes.three_d.renderer import NoDisplay, Renderer


@pytest.fixture(scope='module', autouse=True)
def _display():
    try:
        Renderer(16, 16)
    except NoDisplay as error:
        pytest.skip(str(error))


@pytest.mark.parametrize('solid', [0.0, 1.0])
def test_samples_have_the_promised_form(solid):
    """A sample has two images, 0..255, and true disparity and vertical shift, all of one size."""
    for left, right, truth in islice(SceneStream(64, 96, solid=solid), 3):
        assert left.shape == right.shape == (3, 64, 96)
        assert truth.shape == (2, 64, 96)
        assert {x.dtype for x in (left, right, truth)} == {torch.float32}
        assert left.min() >= 0 and 30 < left.max() <= 255
        assert 0 <= truth[0].min() and 1 < truth[0].max() < 96


def test_visibility_is_a_fourth_tensor_and_changes_nothing_else():
    """Both views see most points, but not those whose match is outside the image."""
    plain = list(islice(SceneStream(64, 96), 3))
    for sample, (*same, seen) in zip(
        plain, islice(SceneStream(64, 96, visibility=True), 3), strict=True
    ):
        assert all(torch.equal(a, b) for a, b in zip(sample, same, strict=True))
        assert seen.shape == (1, 64, 96)
        assert 0.3 < seen.mean() < 1
        outside = torch.arange(96) < same[2][0]
        assert seen[0][outside].max() == 0


@pytest.mark.parametrize('kind', [SceneStream, SequenceStream])
def test_the_same_start_gives_the_same_samples(kind):
    """The first scene number seeds a stream; another number gives other samples."""
    first, again, other = (
        torch.stack([sample[0] for sample in islice(kind(64, 96, first=n), 3)])
        for n in (0, 0, 500)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_frames_of_a_sequence_are_similar():
    """The frames of a video differ less than two videos do."""
    videos = list(islice(SequenceStream(64, 96, frames=3), 8))
    left, right, truth = videos[0]
    assert left.shape == right.shape == (3, 3, 64, 96)
    assert truth.shape == (3, 2, 64, 96)
    within = [(t[1, 0] - t[0, 0]).abs().mean() for _, _, t in videos]
    between = [
        (a[2][0, 0] - b[2][0, 0]).abs().mean()
        for a, b in zip(videos[::2], videos[2::2], strict=False)
    ]
    assert min(within) > 0
    assert torch.stack(within).median() < torch.stack(between).median()
