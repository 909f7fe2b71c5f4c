# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The loss over a sequence of predictions."""

import pytest
import torch

from training.loss import sequence_loss


def test_truth_costs_nothing_at_any_resolution():
    """A prediction that is right everywhere has no loss, also at a quarter of the size."""
    truth = torch.zeros(1, 2, 16, 32)
    truth[:, 0] = 5
    assert sequence_loss([truth[:, :, ::4, ::4], truth], truth) == 0


def test_later_predictions_weigh_more():
    """The same error costs more at the end of the sequence."""
    truth = torch.zeros(1, 2, 16, 32)
    off = truth + 1
    assert sequence_loss([truth, off], truth) > sequence_loss([off, truth], truth)


def test_what_the_right_image_does_not_show_weighs_half():
    """With a disparity of half the width, the left half of the image has no match."""
    truth = torch.zeros(1, 2, 16, 32)
    truth[:, 0] = 16
    off = truth.clone()
    off[:, 0] += 1
    assert sequence_loss([off], truth) == pytest.approx((15.5 * 0.5 + 16.5) / 32, abs=0.02)
