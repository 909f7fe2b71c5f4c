# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The feature encoder: from an image to features at a quarter of its size."""

import torch
from torch import nn
import torch.nn.functional as F


def _normalise(x: torch.Tensor) -> torch.Tensor:
    return F.instance_norm(x)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions in parallel with a 1x1 one, each followed by an instance norm."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=stride))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Turn (N, inputs, H, W) into (N, outputs, H / stride, W / stride)."""
        y = F.relu(_normalise(self.conv1(x)))
        y = F.relu(_normalise(self.conv2(y)))
        return F.relu(_normalise(self.downsample(x)) + y)


class Encoder(nn.Module):
    """Features of an image at a quarter of its height and width."""

    def __init__(self, stages: tuple[int, int, int], features: int) -> None:
        super().__init__()
        first, second, third = stages
        self.conv1 = nn.Conv2d(3, first, 7, stride=2, padding=3)
        self.layer1 = self._stage(first, first, stride=1)
        self.layer2 = self._stage(first, second, stride=2)
        self.layer3 = self._stage(second, third, stride=1)
        self.conv2 = nn.Conv2d(third, features, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode='fan_out', nonlinearity='relu')

    @staticmethod
    def _stage(inputs: int, outputs: int, stride: int) -> nn.Sequential:
        return nn.Sequential(
            ResidualBlock(inputs, outputs, stride), ResidualBlock(outputs, outputs, 1)
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Turn (N, 3, H, W) in -1..1 into (N, features, H / 4, W / 4)."""
        x = F.relu(_normalise(self.conv1(image)))
        return self.conv2(self.layer3(self.layer2(self.layer1(x))))
