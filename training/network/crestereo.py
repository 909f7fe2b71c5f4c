# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""CREStereo: a cascade of recurrent updates at 1/16, 1/8 and 1/4 of the image size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import nn
import torch.nn.functional as F

from crestereo_ros.network.cascade import DAMPING, UNDAMPED
from training.network.attention import AttentionPair, position_encoding
from training.network.correlation import correlate_adaptive, correlate_local, SAMPLES
from training.network.encoder import Encoder
from training.network.error_head import confidence, ErrorHead
from training.network.row_search import best_flow, RowSearch
from training.network.update import UpdateBlock
from training.network.widths import COMPACT, Widths

# Turns the flow, and whether the window is wide, into the correlation.
Correlate = Callable[[torch.Tensor, bool], torch.Tensor]


@dataclass(frozen=True)
class Estimate:
    """
    The prediction of a network for pairs (N, 3, H, W).

    `disparities`: predictions (N, 2, h, w) from the first to the last, in pixels of W: the
    disparity, and the vertical shift (zero where the pair is rectified). The last of a stage
    has the image's height and width, the others have those of the stage. `row_scores`: from
    RowSearch at 1/16, None without a search. `log_errors`: (N, 1, H / 4, W / 4), the logarithm of
    the scale of the last disparity's error, None without an ErrorHead.
    """

    disparities: list[torch.Tensor]
    row_scores: torch.Tensor | None
    log_errors: torch.Tensor | None

    @property
    def disparity(self) -> torch.Tensor:
        """The last prediction, (N, 2, H, W)."""
        return self.disparities[-1]

    @property
    def confidence(self) -> torch.Tensor:
        """Probability that the disparity is less than a pixel off, (N, 1, H, W), 0..1."""
        return confidence(self.log_errors, self.disparity.shape[2:])


def _resize(flow: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    scale = size[0] / flow.shape[2]
    return scale * F.interpolate(flow, size=size, mode='bilinear', align_corners=True)


class CREStereo(nn.Module):
    """
    CREStereo after Li et al., CVPR 2022, with the official network's parameter names.

    :param sign_flips: True for the official weights, which were trained with the flow negated from
        one stage to the next. Networks without it start with a RowSearch and end with an
        ErrorHead, which the publication does not have.
    """

    def __init__(self, widths: Widths = COMPACT, sign_flips: bool = False) -> None:
        super().__init__()
        self.widths = widths
        self.between_stages = -1.0 if sign_flips else 1.0
        features = widths.features
        self.fnet = Encoder(widths.encoder, features)
        self.update_block = UpdateBlock(widths)
        self.self_att_fn = AttentionPair(features, cross=False)
        self.cross_att_fn = AttentionPair(features, cross=True)
        self.conv_offset_16 = nn.Conv2d(features, 2 * SAMPLES, 3, padding=1)
        self.conv_offset_8 = nn.Conv2d(features, 2 * SAMPLES, 3, padding=1)
        self.row_search = self.error_head = None
        if not sign_flips:
            self.row_search = RowSearch(features)
            self.error_head = ErrorHead(widths.hidden)

    def forward(
        self,
        left: torch.Tensor,
        right: torch.Tensor,
        coarse: int,
        fine: int,
        flow_init: torch.Tensor | None = None,
        detached: int = 0,
    ) -> Estimate:
        """
        Match pairs.

        `iters` N of the publication means coarse N // 2 and fine N.

        :param left: (N, 3, H, W), BGR, 0..255, H and W multiples of 4 and at least 16
        :param right: the same for the right images
        :param coarse: number of updates at 1/16, and at 1/8
        :param fine: number of updates at 1/4
        :param flow_init: an earlier prediction, (N, 2, h, w), which replaces the coarse stages
        :param detached: number of fine updates, from the first, without gradient and prediction.
            They let the end of a long sequence be trained at low cost
        """
        images = torch.cat((left, right)) * (2 / 255) - 1
        # Positions and sums need more precision than convolutions in bfloat16.
        features_left, features_right = self.fnet(images).float().chunk(2)
        state, context = features_left.chunk(2, dim=1)
        state, context = torch.tanh(state), F.relu(context)
        predictions: list[torch.Tensor] = []
        scores = None
        size = features_left.shape[2:]

        def refine(
            correlate: Correlate,
            state: torch.Tensor,
            context: torch.Tensor,
            flow: torch.Tensor,
            updates: int,
            detached: int = 0,
        ) -> tuple[torch.Tensor, torch.Tensor]:
            shares = self.update_block.gru.context_shares(context)
            to_input = left.shape[3] / flow.shape[3]
            for index in range(updates):
                flow = flow.detach()
                with torch.set_grad_enabled(torch.is_grad_enabled() and index >= detached):
                    correlation = correlate(flow, index % 2 == 0)
                    before = state, flow
                    state, flow = self.update_block(state, shares, correlation, flow)
                    if self.row_search and index >= UNDAMPED:
                        share = (UNDAMPED / (index + 1)) ** DAMPING
                        state, flow = (
                            torch.lerp(old, new, share)
                            for old, new in zip(before, (state, flow), strict=True)
                        )
                if detached <= index < updates - 1:
                    predictions.append(-to_input * flow)
            flow = self.update_block.upsample(flow, state)
            predictions.append(-_resize(flow, left.shape[2:]))
            return flow, state

        if flow_init is None:
            attended = self._attended(features_left, features_right)
            flow = left.new_zeros((left.shape[0], 2, size[0] // 4, size[1] // 4))
            if self.row_search:
                with torch.autocast(left.device.type, enabled=False):
                    scores = self.row_search(*attended)
                flow = best_flow(scores)
            for reduction, correlate in (
                (4, self._matcher_at_16(features_left, *attended)),
                (2, self._matcher_at_8(features_left, features_right)),
            ):
                small_state, small_context = (F.avg_pool2d(x, reduction) for x in (state, context))
                if reduction == 2:
                    flow = self.between_stages * _resize(flow, small_state.shape[2:])
                flow, _ = refine(correlate, small_state, small_context, flow, coarse)
            flow = self.between_stages * _resize(flow, size)
        else:
            flow = -_resize(flow_init, size)

        _, state = refine(
            lambda flow, wide: correlate_local(features_left, features_right, flow, wide),
            state,
            context,
            flow,
            fine,
            detached,
        )
        errors = self.error_head(state) if self.error_head else None
        return Estimate(predictions, scores, errors)

    def _attended(
        self, left: torch.Tensor, right: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        left, right = (F.avg_pool2d(x, 4) for x in (left, right))
        _, channels, height, width = left.shape
        encoding = position_encoding(channels, height, width, like=left)
        with torch.autocast(left.device.type, enabled=False):
            left, right = self.self_att_fn(left + encoding, right + encoding)
            return self.cross_att_fn(left, right)

    def _matcher_at_16(
        self, features: torch.Tensor, left: torch.Tensor, right: torch.Tensor
    ) -> Correlate:
        offsets = torch.tanh(0.5 * self.conv_offset_16(F.avg_pool2d(features, 4)))
        return lambda flow, wide: correlate_adaptive(left, right, flow, offsets, wide)

    def _matcher_at_8(self, left: torch.Tensor, right: torch.Tensor) -> Correlate:
        left, right = (F.avg_pool2d(x, 2) for x in (left, right))
        offsets = torch.tanh(0.5 * self.conv_offset_8(left))
        return lambda flow, wide: correlate_adaptive(left, right, flow, offsets, wide)
