# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Linear attention between the features at a sixteenth of the size, as in LoFTR."""

import torch
from torch import nn
import torch.nn.functional as F

HEADS = 8


def position_encoding(channels: int, height: int, width: int, like: torch.Tensor) -> torch.Tensor:
    """
    Return the sines and cosines that encode the pixels' positions.

    The form is LoFTR's, with the exponent that the official weights were trained with: its floor
    division makes it -1 for every number of channels.

    :param like: a tensor with the type and device of the result
    :returns: (1, channels, height, width)
    """
    frequencies = torch.exp(
        -torch.arange(0, channels // 2, 2, dtype=like.dtype, device=like.device)
    )
    x = torch.arange(1, width + 1, dtype=like.dtype, device=like.device)
    y = torch.arange(1, height + 1, dtype=like.dtype, device=like.device)
    x = (frequencies[:, None] * x)[:, None, :].expand(-1, height, -1)
    y = (frequencies[:, None] * y)[:, :, None].expand(-1, -1, width)
    encoding = torch.stack((x.sin(), x.cos(), y.sin(), y.cos()), dim=1)
    return encoding.reshape(1, channels, height, width)


class AttentionLayer(nn.Module):
    """Linear attention of one set of tokens to another, followed by an MLP."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.q_proj = nn.Linear(channels, channels, bias=False)
        self.k_proj = nn.Linear(channels, channels, bias=False)
        self.v_proj = nn.Linear(channels, channels, bias=False)
        self.merge = nn.Linear(channels, channels, bias=False)
        self.mlp = nn.Sequential(
            nn.Linear(2 * channels, 2 * channels, bias=False),
            nn.ReLU(),
            nn.Linear(2 * channels, channels, bias=False),
        )
        self.norm1 = nn.LayerNorm(channels)
        self.norm2 = nn.LayerNorm(channels)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)

    def forward(self, x: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        """
        Add the message from the source to the tokens.

        :param x: (N, L, C)
        :param source: (N, S, C)
        :returns: (N, L, C)
        """

        def heads(tokens: torch.Tensor) -> torch.Tensor:
            return tokens.unflatten(-1, (HEADS, -1)).transpose(1, 2)

        query = F.elu(heads(self.q_proj(x))) + 1
        key = F.elu(heads(self.k_proj(source))) + 1
        value = heads(self.v_proj(source))
        total = query @ key.sum(dim=2)[..., None]
        message = query @ (key.transpose(2, 3) @ value) / (total + 1e-6)
        message = self.norm1(self.merge(message.transpose(1, 2).flatten(2)))
        return x + self.norm2(self.mlp(torch.cat((x, message), dim=2)))


class AttentionPair(nn.Module):
    """One attention layer for a pair of feature maps: each to itself, or across the pair."""

    def __init__(self, channels: int, cross: bool) -> None:
        super().__init__()
        self.layers = nn.ModuleList([AttentionLayer(channels)])
        self.cross = cross

    def forward(
        self, left: torch.Tensor, right: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Turn two feature maps (N, C, H, W) into two of the same shape."""
        size = left.shape[2:]
        left, right = (x.flatten(2).transpose(1, 2) for x in (left, right))
        layer = self.layers[0]
        if self.cross:
            left = layer(left, right)
            right = layer(right, left)
        else:
            left, right = layer(left, left), layer(right, right)
        left, right = (x.transpose(1, 2).unflatten(2, size) for x in (left, right))
        return left, right
