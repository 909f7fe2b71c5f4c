# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Inference with a trained network in two passes, the first at half size."""

import torch
import torch.nn.functional as F

from training.network import CREStereo


def half_size(image: torch.Tensor) -> torch.Tensor:
    """Resize (N, 3, H, W) to half its size as the publication does for the first pass."""
    size = (image.shape[2] // 2, image.shape[3] // 2)
    return F.interpolate(image, size=size, mode='bilinear', align_corners=True)


@torch.no_grad()
def two_passes(
    network: CREStereo, left: torch.Tensor, right: torch.Tensor, iterations: int
) -> torch.Tensor:
    """
    Match pairs in two passes.

    :param left: (N, 3, H, W), BGR, 0..255, H and W multiples of 8 and at least 32
    :param right: the same for the right images
    :returns: the last prediction, (N, 2, H, W)
    """
    coarse = max(iterations // 2, 1)
    start = network(half_size(left), half_size(right), coarse, iterations).disparity
    return network(left, right, 0, iterations, start).disparity
