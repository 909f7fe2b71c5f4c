# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Disparities of a simulated earlier frame, from which the next frame's search starts."""

import numpy as np
import torch
import torch.nn.functional as F

from training.network.correlation import pixel_grid, sample

MOTIONS = 0.004, 0.015, 0.05  # between frames, as shares of the width


def earlier_disparity(truth: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """
    Return disparities that are near the truth except where something moved.

    The camera and objects moved between the frames. Some regions show what is no longer there. A
    few results are zero everywhere.

    :param truth: (N, 2, H, W)
    :returns: (N, 2, H, W)
    """
    return torch.cat([_earlier(each[None], rng) for each in truth])


def _earlier(truth: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    if rng.random() < 0.04:
        return torch.zeros_like(truth)
    width = truth.shape[3]
    reach = width * rng.choice(MOTIONS)
    camera = torch.as_tensor(rng.normal(size=(1, 2, 1, 1)), dtype=truth.dtype).to(truth)
    before = _moved(truth, reach * (camera + 0.5 * _smooth(truth, rng, 2)))
    before = before * (1 + 0.04 * rng.random() * _smooth(truth, rng, 1))
    before = before + rng.choice([0.1, 0.5, 1.5]) * _smooth(truth, rng, 2)
    for _ in range(rng.integers(0, 4)):
        region = _region(truth, rng)
        if rng.random() < 0.5:
            elsewhere = _moved(truth, 0.2 * width * _smooth(truth, rng, 2))
        else:
            elsewhere = torch.full_like(truth, rng.uniform(0, 1.2) * float(truth[:, 0].max()))
            elsewhere[:, 1] = 0
        before = torch.where(region, elsewhere, before)
    if rng.random() < 0.5:
        before[:, 1] = 0
    if rng.random() < 0.5:
        blurred = F.avg_pool2d(before, 8)
        before = F.interpolate(blurred, before.shape[2:], mode='bilinear', align_corners=False)
    return before


def _smooth(like: torch.Tensor, rng: np.random.Generator, channels: int) -> torch.Tensor:
    # A random field, (1, channels, H, W), of standard deviation about one.
    cells = rng.integers(2, 7, 2)
    field = torch.as_tensor(rng.normal(size=(1, channels, *cells)), dtype=like.dtype).to(like)
    return F.interpolate(field, like.shape[2:], mode='bilinear', align_corners=True)


def _moved(disparity: torch.Tensor, motion: torch.Tensor) -> torch.Tensor:
    positions = pixel_grid(disparity) + motion.permute(0, 2, 3, 1)
    height, width = disparity.shape[2:]
    last = positions.new_tensor((width - 1, height - 1))
    return sample(disparity, torch.minimum(positions.clamp(min=0), last))


def _region(like: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    # An ellipse, (1, 1, H, W), bool.
    height, width = like.shape[2:]
    grid = pixel_grid(like) / like.new_tensor((width, height))
    centre = like.new_tensor(rng.uniform(0, 1, 2))
    radii = like.new_tensor(rng.uniform(0.03, 0.25, 2))
    return (((grid - centre) / radii).square().sum(dim=3) < 1)[:, None]
