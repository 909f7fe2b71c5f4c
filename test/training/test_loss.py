# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The loss over a sequence of predictions."""

import math

import pytest
import torch

from training.loss import error_loss, row_loss, sequence_loss, UNMATCHABLE, UNMATCHABLE_ERROR


def test_the_truth_has_no_loss_at_any_resolution():
    """This holds at full size and at a quarter of it."""
    truth = torch.zeros(1, 2, 16, 32)
    truth[:, 0] = 5
    assert sequence_loss([truth[:, :, ::4, ::4], truth], truth) == 0


def test_one_large_error_costs_less_than_many_small_ones():
    """An error of 16 px at one pixel costs less than errors of 1 px at sixteen pixels."""
    truth = torch.zeros(1, 2, 4, 64)
    one, far, many = truth.clone(), truth.clone(), truth.clone()
    one[0, 0, 0, 40], far[0, 0, 0, 40], many[0, 0, 0, 40:56] = 1, 16, 1
    costs = [sequence_loss([prediction], truth).item() for prediction in (one, far, many)]
    assert 3 * costs[0] < costs[1] < 0.7 * costs[2]


def test_later_predictions_weigh_more():
    """The same error costs more at the end of the sequence."""
    truth = torch.zeros(1, 2, 16, 32)
    off = truth + 1
    assert sequence_loss([truth, off], truth) > sequence_loss([off, truth], truth)


def test_pixels_whose_match_is_outside_the_right_image_have_half_weight():
    """With a disparity of half the width, the left half of the image has no match."""
    truth = torch.zeros(1, 2, 16, 32)
    truth[:, 0] = 16
    off = truth.clone()
    off[:, 0] += 1
    cost = 0.5 + math.log(2)
    assert sequence_loss([off], truth) == pytest.approx(cost * (15.5 * 0.5 + 16.5) / 32, abs=0.02)


def test_row_loss_is_shared_between_the_cells_next_to_the_match():
    """A disparity of half a cell counts for both; one without a match counts for none."""
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


def test_correct_predicted_errors_have_the_lowest_loss():
    """The likelihood is largest at the mean absolute error."""
    truth = torch.zeros(1, 2, 16, 32)
    off = truth + 3

    def cost(scale):
        return error_loss(torch.full((1, 1, 4, 8), math.log(scale)), off, truth).item()

    assert cost(3) == pytest.approx(math.log(6) + 1)
    assert cost(3) < min(cost(2), cost(4.5))


def test_unmatchable_pixels_train_a_large_error_and_no_disparity():
    """The best scale is UNMATCHABLE_ERROR, however near the truth the disparity is."""
    truth = torch.zeros(1, 2, 16, 64)
    known = torch.full((1, 1, 16, 64), float(UNMATCHABLE))
    off = (truth + 3).requires_grad_()
    scale = torch.zeros(1, 1, 4, 16, requires_grad=True)
    disparity_loss = sequence_loss([off], truth, known)
    assert disparity_loss == 0
    assert row_loss(torch.zeros(1, 1, 4, 4), truth, known) == 0
    disparity_loss.backward()
    assert off.grad.abs().max() == 0
    best = math.log(UNMATCHABLE_ERROR * 64)
    losses = [error_loss(scale + best + by, truth, truth, known) for by in (-0.3, 0, 0.3)]
    assert losses[1] == min(losses)
