# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The probable error of a disparity."""

from collections.abc import Sequence

import torch
from torch import nn
import torch.nn.functional as F

INNER = 16


class ErrorHead(nn.Module):
    """The scale of a Laplacian distribution of the disparity's error, from the hidden state."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(hidden, INNER, 3, padding=1)
        self.conv2 = nn.Conv2d(INNER, 1, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)

    def forward(self, state: torch.Tensor) -> torch.Tensor:
        """
        Predict the logarithm of the scale in pixels of the image.

        The state gets no gradient.

        :param state: (N, hidden, H, W)
        :returns: (N, 1, H, W)
        """
        return self.conv2(F.relu(self.conv1(state.detach())))


def confidence(log_scale: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """
    Return the probability that the disparity is less than a pixel off.

    The pixel is one of the network's input image.

    :param log_scale: the output of ErrorHead, (N, 1, h, w)
    :param size: height and width of the result
    :returns: (N, 1, *size), 0..1
    """
    probability = 1 - (-(-log_scale).exp()).exp()
    return F.interpolate(probability, size=size, mode='bilinear', align_corners=False)
