# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The losses of a batch: the passes over it, and what they start from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from training.earlier import earlier_disparity
from training.loss import error_loss, row_loss, sequence_loss
from training.network import CREStereo
from training.network.inference import half_size

# Numbers of passes over a batch and their shares; 0 means one that starts from an earlier frame.
PASSES = {2: 0.45, 3: 0.15, 1: 0.1, 0: 0.3}
SMALLEST = 48  # pixels of a side in the first pass


@dataclass(frozen=True)
class BatchLosses:
    """
    The result of all passes over a batch.

    The losses of the predictions and of the predicted errors, the error of the last pass in
    pixels, and its prediction, (N, 2, H, W), without gradient.
    """

    loss: torch.Tensor
    error_loss: torch.Tensor
    end_point_error: torch.Tensor
    disparity: torch.Tensor


def batch_losses(
    network: CREStereo, batch: Sequence[torch.Tensor], rng: np.random.Generator
) -> BatchLosses:
    """
    Run the passes over a batch and compute their losses, each at its own size.

    :param batch: left, right and truth of a SceneStream or a SequenceStream. A fourth tensor of a
        SceneStream, (N, 1, H, W), is `known` of `sequence_loss`. In a sequence, each frame but
        the first starts from the network's prediction of the previous frame
    :param rng: chooses among the passes that inference uses
    """
    if batch[0].ndim == 4:
        return _frame_losses(network, batch, rng)
    losses: list[BatchLosses] = []
    for frame in zip(*(x.unbind(dim=1) for x in batch), strict=True):
        start = _start_from(losses[-1].disparity) if losses else None
        losses.append(_frame_losses(network, frame, rng, start))
    return BatchLosses(
        sum(each.loss for each in losses) / len(losses),
        sum(each.error_loss for each in losses) / len(losses),
        losses[-1].end_point_error,
        losses[-1].disparity,
    )


def _start_from(disparity: torch.Tensor) -> torch.Tensor:
    # The package starts a frame in the same way: from half the size, without the vertical part.
    start = 0.5 * half_size(disparity)
    start[:, 1] = 0
    return start


def _frame_losses(
    network: CREStereo,
    batch: Sequence[torch.Tensor],
    rng: np.random.Generator,
    start: torch.Tensor | None = None,
) -> BatchLosses:
    if len(batch) > 3:
        left, right, truth, known = batch
        batch = (left, right, torch.where(known > 0, truth, 0), known.to(truth))
    passes = int(rng.choice(list(PASSES), p=list(PASSES.values()))) if start is None else 0
    pyramid: list[Sequence[torch.Tensor]] = [batch]
    if passes == 0 and start is None:
        start = earlier_disparity(batch[2], rng)
    while len(pyramid) < passes and _can_halve(pyramid[-1]):
        pyramid.append(_halved(pyramid[-1]))
    losses, error_losses = [], []
    for left, right, truth, *rest in reversed(pyramid):
        known = rest[0] if rest else None
        coarse, fine, detached = _updates(rng, few=passes == 0)
        coarse = 0 if start is not None else coarse
        estimate = network(left, right, coarse, fine, start, detached=detached)
        losses.append(sequence_loss(estimate.disparities, truth, known))
        if estimate.row_scores is not None:
            losses.append(row_loss(estimate.row_scores, truth, known))
        error_losses.append(error_loss(estimate.log_errors, estimate.disparity, truth, known))
        start = last = estimate.disparity.detach()
    error = (last[:, :1] - truth[:, :1]).abs()
    counts = torch.ones_like(error) if known is None else (known > 0).to(error)
    mean = (error * counts).sum() / counts.sum().clamp(min=1)
    return BatchLosses(sum(losses), sum(error_losses), mean, last)


def _updates(rng: np.random.Generator, few: bool) -> tuple[int, int, int]:
    # Returns the numbers of coarse, of fine, and of detached fine updates.
    if few:
        trained = rng.choice([1, 2, 3, 4], p=[0.45, 0.25, 0.2, 0.1])
        before = rng.choice([0, 2, 8], p=[0.85, 0.1, 0.05])
    else:
        trained = rng.choice([1, 2, 3, 4, 5, 6], p=[0.1, 0.15, 0.2, 0.3, 0.15, 0.1])
        before = rng.choice([0, 4, 12, 26], p=[0.8, 0.12, 0.05, 0.03])
    coarse = rng.choice([1, 2, 3, 5], p=[0.2, 0.4, 0.3, 0.1])
    return int(coarse), int(trained + before), int(before)


def _can_halve(batch: Sequence[torch.Tensor]) -> bool:
    return all(side % 32 == 0 and side >= 2 * SMALLEST for side in batch[0].shape[2:])


def _halved(batch: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
    left, right, truth, *rest = batch
    halves = (half_size(left), half_size(right), 0.5 * truth[:, :, ::2, ::2])
    return (*halves, *(known[:, :, ::2, ::2] for known in rest))
