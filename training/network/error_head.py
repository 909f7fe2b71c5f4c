# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How far off a disparity probably is."""

from torch import nn
import torch.nn.functional as F

INNER = 16


class ErrorHead(nn.Module):
    """Hidden state to the scale of a Laplacian distribution of the disparity's error."""

    def __init__(self, hidden):
        super().__init__()
        self.conv1 = nn.Conv2d(hidden, INNER, 3, padding=1)
        self.conv2 = nn.Conv2d(INNER, 1, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)

    def forward(self, state):
        """
        (N, hidden, H, W) to (N, 1, H, W): the scale's logarithm, in pixels of the image.

        The state learns nothing from it.
        """
        return self.conv2(F.relu(self.conv1(state.detach())))


def confidence(log_scale, size):
    """
    Return the probability that the disparity is less than a pixel off, (N, 1, *size), 0..1.

    The pixel is one of the image as the network sees it. `log_scale`: what ErrorHead returns.
    """
    probability = 1 - (-(-log_scale).exp()).exp()
    return F.interpolate(probability, size=size, mode='bilinear', align_corners=False)
