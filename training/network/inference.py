# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How a trained network is used: in two passes, the first at half size."""

import torch
import torch.nn.functional as F


def half_size(image):
    """(N, 3, H, W) to (N, 3, H / 2, W / 2), as the publication's two passes have it."""
    size = (image.shape[2] // 2, image.shape[3] // 2)
    return F.interpolate(image, size=size, mode='bilinear', align_corners=True)


@torch.no_grad()
def two_passes(network, left, right, iterations):
    """Return the prediction (N, 2, H, W); H and W are multiples of 32."""
    coarse = max(iterations // 2, 1)
    start = network(half_size(left), half_size(right), coarse, iterations).disparity
    return network(left, right, 0, iterations, start).disparity
