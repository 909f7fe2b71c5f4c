# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The network's prediction of its error."""

import pytest
import torch

from training.loss import error_loss
from training.network.error_head import confidence, ErrorHead


def test_learns_the_scale_and_leaves_the_state_alone():
    """The head learns two error scales for two kinds of hidden state."""
    torch.manual_seed(0)
    head = ErrorHead(4)
    state = torch.zeros(1, 4, 16, 32)
    state[..., 16:] = 1
    state.requires_grad_()
    scale = torch.full((1, 1, 64, 128), 0.3)
    scale[..., 64:] = 4
    optimizer = torch.optim.Adam(head.parameters(), 3e-2)
    for _ in range(150):
        truth = torch.zeros(1, 2, 64, 128)
        truth[:, :1] = torch.distributions.Laplace(0.0, scale).sample()
        optimizer.zero_grad()
        error_loss(head(state), torch.zeros_like(truth), truth).backward()
        optimizer.step()
    assert state.grad is None
    learnt = head(state).exp()[0, 0]
    assert learnt[4:-4, 4:12].mean().item() == pytest.approx(0.3, rel=0.15)
    assert learnt[4:-4, 20:-4].mean().item() == pytest.approx(4, rel=0.15)


def test_confidence_is_high_where_the_error_is_small():
    """The confidence has the requested size and falls as the scale grows."""
    probability = confidence(torch.tensor([[[[-5.0, 0.0, 5.0]]]]), (4, 12))
    assert probability.shape == (1, 1, 4, 12)
    first, middle, last = probability[0, 0, 0, [0, 5, -1]]
    assert 1 >= first > 0.99 > middle > 0.4 > 0.1 > last >= 0
