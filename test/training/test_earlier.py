# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Initial disparities from a simulated earlier frame."""

import numpy as np
import torch

from training.earlier import earlier_disparity


def truth():
    """Return a slanted ground with a box in front of it, (2, 2, 96, 160)."""
    disparity = torch.zeros(2, 2, 96, 160)
    disparity[:, 0] = torch.linspace(4, 12, 96)[:, None]
    disparity[:, 0, 30:70, 50:90] = 24
    return disparity


def test_is_mostly_near_and_partly_far_off():
    """Most pixels are within two pixels of the truth, some are not, and none equals it."""
    starts = [earlier_disparity(truth(), np.random.default_rng(seed)) for seed in range(40)]
    errors = torch.stack([(start - truth())[:, 0].abs() for start in starts])
    assert torch.isfinite(errors).all()
    assert 0.5 < (errors < 2).float().mean() < 0.95
    assert (errors > 6).float().mean() > 0.02
    assert all(error.mean() > 0.05 for error in errors)


def test_samples_of_a_batch_differ_and_a_seed_gives_the_same():
    """Each sample has its own motion."""
    start = earlier_disparity(truth(), np.random.default_rng(3))
    assert start.shape == truth().shape
    assert not torch.equal(start[0], start[1])
    torch.testing.assert_close(start, earlier_disparity(truth(), np.random.default_rng(3)))
