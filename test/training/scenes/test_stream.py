# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The stream of training samples."""

from itertools import islice

import torch

from training.scenes.stream import SceneStream


def test_samples_have_the_promised_form():
    """Two images 0..255 and a truth of disparity and vertical shift, all of one size."""
    left, right, truth = next(iter(SceneStream(64, 96)))
    assert left.shape == right.shape == (3, 64, 96)
    assert truth.shape == (2, 64, 96)
    assert 0 <= left.min() and 30 < left.max() <= 255
    assert 0 <= truth[0].min() and 1 < truth[0].max() < 96


def test_the_same_start_gives_the_same_samples():
    """A stream is seeded by where it starts, and another start gives others."""
    first, again, other = (
        torch.stack([left for left, _, _ in islice(SceneStream(64, 96, first=n), 3)])
        for n in (0, 0, 500)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
