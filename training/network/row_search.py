# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A first estimate of the flow: every row is compared with the whole row of the other image."""

import torch
from torch import nn
import torch.nn.functional as F

REACH = 1  # cells to either side of the best match that count in the mean
IMPOSSIBLE = -1e4
CONFIDENCE_POWER = 4  # power of the match probability by which cells are weighted


class RowSearch(nn.Module):
    """Disparity from the correlation of features over full rows, for any size."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(features, features, 3, padding=1)
        nn.init.dirac_(self.project.weight)
        nn.init.zeros_(self.project.bias)
        self.log_scale = nn.Parameter(torch.full((1,), 2.3))

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        """
        Score all matches of each left cell with right cells of its row.

        A score is the logarithm of a probability plus a constant. Each is the mean over the cell
        and its eight neighbours at the same disparity. Disparities below zero are impossible.

        :param left: features, (N, C, H, W)
        :param right: features, (N, C, H, W)
        :returns: (N, H, W, W); the third axis is the left column, the last the right one
        """
        left, right = (F.normalize(self.project(x), dim=1) for x in (left, right))
        scores = self.log_scale.exp() * (left.permute(0, 2, 3, 1) @ right.permute(0, 2, 1, 3))
        scores = _mean_of_neighbours(scores)
        return torch.where(_disparities(scores) >= 0, scores, scores.new_tensor(IMPOSSIBLE))


def best_flow(scores: torch.Tensor) -> torch.Tensor:
    """
    Return the flow to the match with the best score of a row search.

    The disparity of a cell is the mean over the most probable match and those next to it. A mean
    over the whole row would fail for long rows, where many improbable matches outweigh the right
    one. A weighted mean over neighbours then favours the more certain ones.

    :param scores: (N, H, W, W)
    :returns: (N, 2, H, W)
    """
    columns = torch.arange(scores.shape[3], device=scores.device)
    near = (columns - scores.argmax(dim=3, keepdim=True)).abs() <= REACH
    probability = scores.softmax(dim=3) * near
    total = probability.sum(dim=3)
    disparity = (probability * _disparities(scores)).sum(dim=3) / total
    # The pooling can be exported only with a channel axis.
    disparity, weight = disparity[:, None], total[:, None].pow(CONFIDENCE_POWER)
    disparity = F.avg_pool2d(weight * disparity, 3, 1, 1) / F.avg_pool2d(weight, 3, 1, 1)
    return torch.cat((-disparity, torch.zeros_like(disparity)), dim=1)


def _mean_of_neighbours(scores: torch.Tensor) -> torch.Tensor:
    # The scores of one disparity are on a diagonal of the last two axes. The first and the last
    # row are repeated beyond the border; columns beyond it are ignored.
    height, width = scores.shape[1:3]
    above_and_below = torch.cat((scores[:, :1], scores, scores[:, -1:]), dim=1)
    scores = sum(above_and_below[:, y : y + height] for y in range(3))

    def along_diagonals(x: torch.Tensor) -> torch.Tensor:
        padded = F.pad(x, (1, 1, 1, 1))
        return sum(padded[..., i : i + width, i : i + width] for i in range(3))

    return along_diagonals(scores) / (3 * along_diagonals(scores.new_ones(1, 1, width, width)))


def _disparities(scores: torch.Tensor) -> torch.Tensor:
    columns = torch.arange(scores.shape[3], device=scores.device, dtype=scores.dtype)
    return columns[:, None] - columns
