# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The loss over a sequence of predictions."""

import math

import pytest
import torch

from training.loss import error_loss, row_loss, sequence_loss


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


def test_rows_are_taught_with_both_cells_next_to_the_match():
    """Disparities of half a cell teach both, and one without a match teaches nothing."""
    truth = torch.zeros(1, 2, 16, 64)
    truth[:, 0] = 8
    even = torch.full((1, 1, 4, 4), -1e4)
    for left in range(1, 4):
        even[0, 0, left, [left, left - 1]] = 0.0
    even[0, 0, 0] = 0
    assert row_loss(even, truth) == pytest.approx(math.log(2))
    one_sided = even.clone()
    one_sided[0, 0, 3] = torch.tensor([-1e4, -1e4, -1e4, 0.0])
    assert row_loss(one_sided, truth) > 100
    truth[..., 48:] = 80
    assert row_loss(one_sided, truth) == pytest.approx(math.log(2))


def test_predicted_errors_cost_least_where_they_are_right():
    """The likelihood is largest at the mean absolute error."""
    truth = torch.zeros(1, 2, 16, 32)
    off = truth + 3

    def cost(scale):
        return error_loss(torch.full((1, 1, 4, 8), math.log(scale)), off, truth).item()

    assert cost(3) == pytest.approx(math.log(6) + 1)
    assert cost(3) < min(cost(2), cost(4.5))
