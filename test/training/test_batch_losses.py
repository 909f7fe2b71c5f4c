# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The passes over a batch and their losses."""

from collections import Counter

import numpy as np
import pytest
import torch

import training.batch_losses
from training.batch_losses import batch_losses
from training.network import CREStereo, FAST
from training.network.inference import half_size


@pytest.fixture
def passes():
    """Return a network and a list in which it records the widths and starts of its passes."""
    torch.manual_seed(0)
    network = CREStereo(FAST)
    notes = []

    def note(module, arguments):
        left, _, coarse, _, start = arguments
        notes.append((left.shape[3], coarse > 0, start is not None))

    network.register_forward_pre_hook(note)
    return network, notes


def batch(height, width):
    """Return a random pair with a constant disparity."""
    pair = torch.rand(2, 1, 3, height, width) * 255
    truth = torch.zeros(1, 2, height, width)
    truth[:, 0] = 5
    return [*pair, truth]


def test_passes_are_those_of_inference(passes):
    """There are one to three, each twice the size of the last, or one from an earlier frame."""
    network, notes = passes
    seen = Counter()
    for seed in range(30):
        notes.clear()
        batch_losses(network, batch(192, 192), np.random.default_rng(seed))
        seen[tuple(notes)] += 1
    first, later = (True, False), (False, True)
    assert set(seen) == {
        ((192, *first),),
        ((192, *later),),
        ((96, *first), (192, *later)),
        ((48, *first), (96, *later), (192, *later)),
    }


def test_a_size_that_cannot_be_halved_twice_has_two_passes(passes, monkeypatch):
    """The first pass is at a multiple of 16."""
    network, notes = passes
    monkeypatch.setattr(training.batch_losses, 'PASSES', {3: 1.0})
    batch_losses(network, batch(96, 224), np.random.default_rng(0))
    assert [width for width, *_ in notes] == [112, 224]


def test_unknown_truth_has_no_effect():
    """Its value changes neither the losses nor the gradients, even if it is infinite."""
    found = []
    known = torch.ones(1, 1, 96, 128)
    known[..., 40:70] = 0
    left, right, truth = batch(96, 128)
    for value in 70.0, float('inf'):
        torch.manual_seed(0)
        network = CREStereo(FAST)
        truth[..., 40:70] = value
        for seed in 0, 2, 5:
            losses = batch_losses(
                network, [left, right, truth, known], np.random.default_rng(seed)
            )
            (losses.loss + losses.error_loss).backward()
            found.append((losses.loss.item(), losses.error_loss.item()))
        found.append([p.grad.norm().item() for p in network.parameters() if p.grad is not None])
    half = len(found) // 2
    for one, other in zip(found[:half], found[half:], strict=True):
        assert one == pytest.approx(other)


def test_a_frame_of_a_video_starts_from_the_previous_prediction(monkeypatch):
    """The start is halved and has no vertical part, as in the package, and no gradient."""
    torch.manual_seed(0)
    network = CREStereo(FAST)
    starts, ends = [], []

    def note(module, arguments, estimate):
        starts.append(arguments[4])
        ends.append(estimate.disparity.detach())

    network.register_forward_hook(note)
    monkeypatch.setattr(training.batch_losses, 'PASSES', {2: 1.0})
    video = [torch.stack(frames, dim=1) for frames in zip(*2 * [batch(96, 128)], strict=True)]

    losses = batch_losses(network, video, np.random.default_rng(0))

    (losses.loss + losses.error_loss).backward()
    assert [end.shape[3] for end in ends] == [64, 128, 128]
    assert not starts[2].requires_grad
    torch.testing.assert_close(starts[2][:, :1], 0.5 * half_size(ends[1])[:, :1])
    assert starts[2].shape == (1, 2, 48, 64) and starts[2][:, 1].abs().max() == 0
    torch.testing.assert_close(losses.end_point_error, (ends[2] - 5)[:, 0].abs().mean())
