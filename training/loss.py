# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The losses of a sequence of predictions, of the row search, and of the predicted errors."""

from collections.abc import Sequence
import math

import torch
import torch.nn.functional as F

CELL = 16  # width and height of a cell of the row search, in pixels of the image
SAMPLES = 4  # pixels of a cell that are used, along each axis
LOG_ERRORS = -4, 6  # limits of the logarithm of the error's scale
UNMATCHABLE = -1  # value of `known` at a pixel whose disparity cannot be found
UNMATCHABLE_ERROR = 0.1  # the error that the error head learns there, as a share of the width


def sequence_loss(
    predictions: Sequence[torch.Tensor],
    truth: torch.Tensor,
    known: torch.Tensor | None = None,
    decay: float = 0.85,
) -> torch.Tensor:
    """
    Return the weighted mean cost of all predictions' errors.

    The first pixel of an error costs more than the others, so that a few large errors do not
    dominate. Later predictions have more weight. Pixels whose match is outside the right image
    have half the weight.

    :param predictions: (N, 2, h, w) each, from first to last, in pixels of the truth's width
    :param truth: (N, 2, H, W), with h and w dividing H and W
    :param known: (N, 1, H, W), 1 where the truth is used, 0 or UNMATCHABLE elsewhere
    :param decay: weight of each prediction relative to the next one's
    :returns: a scalar
    """
    columns = torch.arange(truth.shape[3], dtype=truth.dtype, device=truth.device)
    weight = torch.where(truth[:, :1] > columns, 0.5, 1.0)
    if known is not None:
        weight = weight * known.clamp(min=0)
    loss = truth.new_zeros(())
    total = 0.0
    for age, prediction in enumerate(reversed(predictions)):
        step = truth.shape[3] // prediction.shape[3]
        pick = (..., slice(step // 2, None, step), slice(step // 2, None, step))
        error = (prediction - truth[pick]).abs()
        cost = (0.5 * error + error.log1p()) * weight[pick]
        share = decay**age
        loss = loss + share * (cost[:, 0].mean() + 0.5 * cost[:, 1].mean())
        total += share
    return loss / total


def row_loss(
    scores: torch.Tensor, truth: torch.Tensor, known: torch.Tensor | None = None
) -> torch.Tensor:
    """
    Return the cross entropy of the row search's scores with the truth.

    Several pixels of each cell are used. Each counts for both cells next to its match, and is
    ignored if the match is outside the image.

    :param scores: (N, h, w, w)
    :param truth: see `sequence_loss`
    :param known: see `sequence_loss`
    :returns: a scalar
    """
    step = CELL // SAMPLES
    pick = (..., slice(step // 2, None, step), slice(step // 2, None, step))
    n, height, width, _ = scores.shape

    def by_cell(x: torch.Tensor) -> torch.Tensor:
        x = x[pick].unflatten(2, (width, SAMPLES)).unflatten(1, (height, SAMPLES))
        return x.transpose(2, 3).flatten(3)

    columns = torch.arange(width, dtype=truth.dtype, device=truth.device)[:, None]
    disparity = by_cell(truth[:, 0]) / CELL
    counts = (disparity <= columns) & (disparity >= 0)
    if known is not None:
        counts = counts & (by_cell(known[:, 0]) > 0)
    match = torch.where(counts, columns - disparity, 0)
    before = match.floor()
    share = match - before
    before = before.long()
    logarithms = scores.log_softmax(dim=3)
    entropy = -(1 - share) * logarithms.gather(3, before)
    # Matches to the right of the left cell are impossible and get no share.
    after = torch.minimum(before + 1, columns.long())
    entropy = entropy - share * logarithms.gather(3, after)
    return (entropy * counts).sum() / counts.sum().clamp(min=1)


def error_loss(
    log_errors: torch.Tensor,
    disparity: torch.Tensor,
    truth: torch.Tensor,
    known: torch.Tensor | None = None,
) -> torch.Tensor:
    """
    Return the mean negative log likelihood of the errors under Laplacian distributions.

    :param log_errors: (N, 1, h, w), the logarithm of the scale
    :param disparity: (N, 2, H, W), which gets no gradient
    :param truth: see `sequence_loss`
    :param known: see `sequence_loss`; where it is UNMATCHABLE, the target is a large error
    :returns: a scalar
    """
    error = (disparity[:, :1].detach() - truth[:, :1]).abs()
    weight = torch.ones_like(error)
    if known is not None:
        unmatchable = known == UNMATCHABLE
        error = torch.where(unmatchable, UNMATCHABLE_ERROR * truth.shape[3], error)
        weight = (unmatchable | (known > 0)).to(error)
    step = truth.shape[3] // log_errors.shape[3]
    error, weight = F.avg_pool2d(error * weight, step), F.avg_pool2d(weight, step)
    log_scale = log_errors.float().clamp(*LOG_ERRORS)
    likelihood = weight * (math.log(2) + log_scale) + error * (-log_scale).exp()
    return likelihood.sum() / weight.sum().clamp(min=1)
