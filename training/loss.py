# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The loss over a sequence of predictions."""

import torch


def sequence_loss(predictions, truth, decay=0.85):
    """
    Return the weighted mean absolute error of all predictions, a scalar.

    `predictions`: (N, 2, h, w) each, from first to last, in pixels of the truth's width;
    `truth`: (N, 2, H, W) with h, w dividing H, W. Later predictions weigh more, by `decay`;
    half as much weigh the pixels that the right image does not show at all.
    """
    columns = torch.arange(truth.shape[3], dtype=truth.dtype)
    weight = torch.where(truth[:, :1] > columns, 0.5, 1.0)
    loss = truth.new_zeros(())
    total = 0.0
    for age, prediction in enumerate(reversed(predictions)):
        step = truth.shape[3] // prediction.shape[3]
        pick = (..., slice(step // 2, None, step), slice(step // 2, None, step))
        error = (prediction - truth[pick]).abs() * weight[pick]
        share = decay**age
        loss = loss + share * (error[:, 0].mean() + 0.5 * error[:, 1].mean())
        total += share
    return loss / total
