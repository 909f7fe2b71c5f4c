# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A start for the search: every row compared with the whole row of the other image."""

import torch
from torch import nn
import torch.nn.functional as F

REACH = 1  # cells to either side of the best match that the mean is taken over
IMPOSSIBLE = -1e4


class RowSearch(nn.Module):
    """Disparity from the correlation of features over their full rows, for any size."""

    def __init__(self, features):
        super().__init__()
        self.project = nn.Conv2d(features, features, 3, padding=1)
        nn.init.dirac_(self.project.weight)
        nn.init.zeros_(self.project.bias)
        self.log_scale = nn.Parameter(torch.full((1,), 2.3))

    def forward(self, left, right):
        """
        Return the scores (N, H, W, W) of the matches of (N, C, H, W) features.

        They are those of left columns (third axis) with right ones (last axis), the logarithms
        of a probability but for a constant. Only matches of a disparity of zero or more are
        possible.
        """
        left, right = (F.normalize(self.project(x), dim=1) for x in (left, right))
        scores = left.permute(0, 2, 3, 1) @ right.permute(0, 2, 1, 3)
        return torch.where(
            _disparities(scores) >= 0, scores * self.log_scale.exp(), scores.new_tensor(IMPOSSIBLE)
        )


def best_flow(scores):
    """
    Return the flow (N, 2, H, W) to the best match of each row search's scores.

    It is the mean over the most probable cell and its neighbours: over the whole row, what
    is unlikely everywhere outweighs the match once rows are long.
    """
    columns = torch.arange(scores.shape[3], device=scores.device)
    near = (columns - scores.argmax(dim=3, keepdim=True)).abs() <= REACH
    probability = scores.softmax(dim=3) * near
    total = probability.sum(dim=3)
    disparity = (probability * _disparities(scores)).sum(dim=3) / total
    return torch.stack((-disparity, torch.zeros_like(disparity)), dim=1)


def _disparities(scores):
    columns = torch.arange(scores.shape[3], device=scores.device, dtype=scores.dtype)
    return columns[:, None] - columns
