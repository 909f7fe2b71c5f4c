# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Batches of several sizes."""

from itertools import islice
import time

import pytest
import torch

from training.batches import Batches, Budget
from training.scenes.three_d.renderer import NoDisplay, Renderer

SIZES = (64, 96), (64, 128), (96, 192)


def sizes_of(share):
    """Return batch sizes after this share of the run."""
    minutes = 1e4  # so long that the rendering itself adds nothing to the share
    budget = Budget(1e9, minutes, time.monotonic() - 60 * minutes * share)
    return [
        tuple(batch[0].shape) for batch in islice(Batches(SIZES, 15000, 0, budget, solid=0.0), 24)
    ]


def test_fills_batches_and_goes_from_small_to_large():
    """A batch has about the requested number of pixels; sizes grow on average."""
    first, last = sizes_of(0.0), sizes_of(0.95)
    assert set(first) | set(last) == {(2, 3, 64, 96), (2, 3, 64, 128), (1, 3, 96, 192)}
    mean_of_first, mean_of_last = (sum(x[3] for x in found) / 24 for found in (first, last))
    assert mean_of_first + 20 < mean_of_last


def test_samples_are_those_of_the_stream():
    """A batch holds the left image, the right image and the truth, as the stream gives them."""
    budget = Budget(10, float('inf'), 0)
    left, right, truth, *_ = next(iter(Batches(SIZES[:1], 12288, 0, budget, solid=0.0)))
    assert left.shape == right.shape == (2, 3, 64, 96)
    assert truth.shape == (2, 2, 64, 96)
    assert torch.isfinite(truth).all()


def test_a_share_of_the_batches_are_videos():
    """They have as many pixels as other batches, in half as many samples of two frames."""
    try:
        Renderer(16, 16)
    except NoDisplay as error:
        pytest.skip(str(error))
    budget = Budget(1e9, float('inf'), 0)
    stream = Batches(SIZES[:1], 4 * 64 * 96, 0, budget, solid=0.0, sequences=0.5)
    shapes = {tuple(batch[0].shape) for batch in islice(stream, 10)}
    assert shapes == {(4, 3, 64, 96), (2, 2, 3, 64, 96)}


def test_a_run_is_over_after_its_steps_or_minutes():
    """The limit that is reached first ends it."""
    now = time.monotonic()
    assert Budget(100, float('inf'), now).spent(50) == 0.5
    assert Budget(100, 1.0, now - 90).spent(50) > 1
