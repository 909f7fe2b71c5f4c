# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The search along full rows."""

import torch
import torch.nn.functional as F

from training.loss import row_loss
from training.network.row_search import best_flow, RowSearch


def test_learns_where_to_look():
    """From weak features, a few steps learn to find the match of each cell."""
    torch.manual_seed(0)
    search = RowSearch(16)
    marks = torch.randn(1, 8, 6, 24)
    left, right = torch.randn(2, 1, 16, 6, 24)
    right[:, :8], left[:, :8] = 0.3 * marks, 0.3 * marks.roll(11, dims=3)
    truth = torch.full((1, 2, 96, 384), 11 * 16.0)

    def found():
        with torch.no_grad():
            return (best_flow(search(left, right))[0, 0, :, 11:] + 11).abs().lt(0.5).float().mean()

    before = found()
    optimizer = torch.optim.Adam(search.parameters(), 1e-2)
    for _ in range(30):
        optimizer.zero_grad()
        row_loss(search(left, right), truth).backward()
        optimizer.step()
    assert before < 0.5
    assert found() > 0.9


def test_long_rows_do_not_blur_the_match():
    """Many improbable matches do not move the estimate."""
    scores = F.one_hot(torch.tensor([[[3] * 200]]), 200) * 6.0
    scores = torch.where(torch.ones(200, 200).tril().bool(), scores, -1e4)
    flow = best_flow(scores)
    torch.testing.assert_close(flow[0, 0, 0, 5:-1], 3 - torch.arange(5.0, 199), rtol=0, atol=0.01)
