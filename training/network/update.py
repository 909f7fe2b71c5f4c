# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The recurrent update of the flow."""

from collections.abc import Iterable, Iterator

import torch
from torch import nn
import torch.nn.functional as F

from training.network.correlation import GROUPS, SAMPLES
from training.network.widths import Widths

UPSAMPLING = 4


class MotionEncoder(nn.Module):
    """Motion features from correlation and flow; the last two channels are the flow itself."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.convc1 = nn.Conv2d(GROUPS * SAMPLES, widths.correlation[0], 1)
        self.convc2 = nn.Conv2d(*widths.correlation, 3, padding=1)
        self.convf1 = nn.Conv2d(2, widths.flow[0], 7, padding=3)
        self.convf2 = nn.Conv2d(*widths.flow, 3, padding=1)
        joined = widths.correlation[1] + widths.flow[1]
        self.conv = nn.Conv2d(joined, widths.hidden - 2, 3, padding=1)

    def forward(self, flow: torch.Tensor, correlation: torch.Tensor) -> torch.Tensor:
        """Turn (N, 2, H, W) and (N, 36, H, W) into (N, hidden, H, W)."""
        matched = F.relu(self.convc2(F.relu(self.convc1(correlation))))
        moved = F.relu(self.convf2(F.relu(self.convf1(flow))))
        motion = F.relu(self.conv(torch.cat((matched, moved), dim=1)))
        return torch.cat((motion, flow), dim=1)


class SeparableGRU(nn.Module):
    """A convolutional GRU with a pass along rows and one along columns."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        for gate in 'zrq':
            setattr(self, f'conv{gate}1', nn.Conv2d(3 * hidden, hidden, (1, 5), padding=(0, 2)))
            setattr(self, f'conv{gate}2', nn.Conv2d(3 * hidden, hidden, (5, 1), padding=(2, 0)))

    def _passes(self) -> Iterator[tuple[nn.Conv2d, nn.Conv2d, nn.Conv2d]]:
        yield self.convz1, self.convr1, self.convq1
        yield self.convz2, self.convr2, self.convq2

    def context_shares(self, context: torch.Tensor) -> Iterable[tuple[torch.Tensor, torch.Tensor]]:
        """
        Compute the context's contribution to the gates, which is the same in every update.

        The input channels of the gates are hidden state, context and motion, in this order.

        :param context: (N, hidden, H, W)
        :returns: for each pass, the contribution to z and r, (N, 2 * hidden, H, W), and that to q
        """
        shares: list[tuple[torch.Tensor, torch.Tensor]] = []
        for gates in self._passes():
            hidden = gates[0].out_channels
            weight = torch.cat([gate.weight[:, hidden : 2 * hidden] for gate in gates])
            bias = torch.cat([gate.bias for gate in gates])
            share = F.conv2d(context, weight, bias, padding=gates[0].padding)
            shares.append((share[:, : 2 * hidden], share[:, 2 * hidden :]))
        return shares

    def forward(
        self,
        state: torch.Tensor,
        shares: Iterable[tuple[torch.Tensor, torch.Tensor]],
        motion: torch.Tensor,
    ) -> torch.Tensor:
        """Return the next hidden state, (N, hidden, H, W)."""
        for (convz, convr, convq), (share_zr, share_q) in zip(self._passes(), shares, strict=True):
            hidden = state.shape[1]

            def changing(weight: torch.Tensor, hidden: int = hidden) -> torch.Tensor:
                return torch.cat((weight[:, :hidden], weight[:, 2 * hidden :]), dim=1)

            weight = changing(torch.cat((convz.weight, convr.weight)))
            gates = F.conv2d(torch.cat((state, motion), 1), weight, padding=convz.padding)
            z, r = torch.sigmoid(gates + share_zr).chunk(2, dim=1)
            candidate = F.conv2d(
                torch.cat((r * state, motion), 1), changing(convq.weight), padding=convq.padding
            )
            state = state + z * (torch.tanh(candidate + share_q) - state)
        return state


class FlowHead(nn.Module):
    """The change of the flow, computed from the hidden state."""

    def __init__(self, hidden: int, inner: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(hidden, inner, 3, padding=1)
        self.conv2 = nn.Conv2d(inner, 2, 3, padding=1)

    def forward(self, state: torch.Tensor) -> torch.Tensor:
        """Turn (N, hidden, H, W) into (N, 2, H, W)."""
        return self.conv2(F.relu(self.conv1(state)))


class UpdateBlock(nn.Module):
    """One update: from the correlation to a better flow and the next hidden state."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.encoder = MotionEncoder(widths)
        self.gru = SeparableGRU(widths.hidden)
        self.flow_head = FlowHead(widths.hidden, widths.head)
        self.mask = nn.Sequential(
            nn.Conv2d(widths.hidden, widths.head, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(widths.head, 9 * UPSAMPLING**2, 1),
        )

    def forward(
        self,
        state: torch.Tensor,
        shares: Iterable[tuple[torch.Tensor, torch.Tensor]],
        correlation: torch.Tensor,
        flow: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the next hidden state and the next flow."""
        state = self.gru(state, shares, self.encoder(flow, correlation))
        return state, flow + self.flow_head(state).float()

    def upsample(self, flow: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        """
        Upsample the flow to four times its height and width.

        Each pixel is a convex combination of nine coarse neighbours.

        :param flow: (N, 2, H, W)
        :returns: (N, 2, 4 * H, 4 * W)
        """
        n, _, height, width = flow.shape
        mask = (0.25 * self.mask(state)).float()
        mask = mask.view(n, 1, 9, UPSAMPLING, UPSAMPLING, height, width).softmax(dim=2)
        neighbours = F.unfold(UPSAMPLING * flow, 3, padding=1)
        neighbours = neighbours.view(n, 2, 9, 1, 1, height, width)
        fine = (mask * neighbours).sum(dim=2).permute(0, 1, 4, 2, 5, 3)
        return fine.reshape(n, 2, UPSAMPLING * height, UPSAMPLING * width)
