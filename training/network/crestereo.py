# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""CREStereo: a cascade of recurrent updates at 1/16, 1/8 and 1/4 of the image size."""

from dataclasses import dataclass

import torch
from torch import nn
import torch.nn.functional as F

from training.network.attention import AttentionPair, position_encoding
from training.network.correlation import correlate_adaptive, correlate_local, SAMPLES
from training.network.encoder import Encoder
from training.network.error_head import confidence, ErrorHead
from training.network.row_search import best_flow, RowSearch
from training.network.update import UpdateBlock


@dataclass(frozen=True)
class Widths:
    """Numbers of channels; half of the features is hidden state, half is context."""

    encoder: tuple[int, int, int]
    features: int
    correlation: tuple[int, int]
    flow: tuple[int, int]
    head: int

    @property
    def hidden(self):
        """Channels of the hidden state."""
        return self.features // 2


OFFICIAL = Widths((64, 96, 128), 256, (256, 192), (128, 64), 256)
COMPACT = Widths((16, 32, 64), 64, (64, 48), (32, 16), 64)
FAST = Widths((8, 16, 32), 32, (32, 24), (16, 8), 32)


@dataclass(frozen=True)
class Estimate:
    """
    What a network says of pairs (N, 3, H, W).

    `disparities`: predictions (N, 2, h, w) from the first to the last, in pixels of W: the
    disparity, and the vertical shift (zero where the pair is rectified). The last of a stage
    has the image's height and width, the others have their stage's. `row_scores`: those of
    RowSearch at 1/16, or None where there was no search. `log_errors`: (N, 1, H / 4, W / 4), the
    logarithm of the scale of the last disparity's error, or None where the network has no
    ErrorHead.
    """

    disparities: list[torch.Tensor]
    row_scores: torch.Tensor | None
    log_errors: torch.Tensor | None

    @property
    def disparity(self):
        """The last prediction, (N, 2, H, W)."""
        return self.disparities[-1]

    @property
    def confidence(self):
        """How probably the disparity is less than a pixel off, (N, 1, H, W), 0..1."""
        return confidence(self.log_errors, self.disparity.shape[2:])


def _resize(flow, size):
    scale = size[0] / flow.shape[2]
    return scale * F.interpolate(flow, size=size, mode='bilinear', align_corners=True)


class CREStereo(nn.Module):
    """
    CREStereo after Li et al., CVPR 2022, with the official network's parameter names.

    `sign_flips` is for the official weights, which were trained with the flow negated from
    one stage to the next. Networks without it begin with a RowSearch and end with an ErrorHead,
    which the publication does not have.
    """

    def __init__(self, widths=COMPACT, sign_flips=False):
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

    def forward(self, left, right, coarse, fine, flow_init=None, untaught=0):
        """
        Return the Estimate of pairs.

        `left`, `right`: (N, 3, H, W), BGR, 0..255, H and W multiples of 16. `coarse` and
        `fine` are the numbers of updates at 1/16 and 1/8, and at 1/4; the publication's
        `iters` N is coarse N // 2, fine N. With `flow_init` (N, 2, h, w), an earlier
        prediction, the coarse stages are left out. Of the fine updates the first `untaught`
        have no gradient and give no prediction: long sequences are taught by their end, at
        little cost.
        """
        images = torch.cat((left, right)) * (2 / 255) - 1
        # Where the convolutions are in half precision, positions and sums need more.
        features_left, features_right = self.fnet(images).float().chunk(2)
        state, context = features_left.chunk(2, dim=1)
        state, context = torch.tanh(state), F.relu(context)
        predictions, scores = [], None
        size = features_left.shape[2:]

        def refine(correlate, state, context, flow, updates, untaught=0):
            shares = self.update_block.gru.context_shares(context)
            to_input = left.shape[3] / flow.shape[3]
            for index in range(updates):
                flow = flow.detach()
                with torch.set_grad_enabled(torch.is_grad_enabled() and index >= untaught):
                    correlation = correlate(flow, index % 2 == 0)
                    state, flow = self.update_block(state, shares, correlation, flow)
                if untaught <= index < updates - 1:
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
            untaught,
        )
        errors = self.error_head(state) if self.error_head else None
        return Estimate(predictions, scores, errors)

    def _attended(self, left, right):
        left, right = (F.avg_pool2d(x, 4) for x in (left, right))
        encoding = position_encoding(left.shape[1], *left.shape[2:], like=left)
        with torch.autocast(left.device.type, enabled=False):
            left, right = self.self_att_fn(left + encoding, right + encoding)
            return self.cross_att_fn(left, right)

    def _matcher_at_16(self, features, left, right):
        offsets = torch.tanh(0.5 * self.conv_offset_16(F.avg_pool2d(features, 4)))
        return lambda flow, wide: correlate_adaptive(left, right, flow, offsets, wide)

    def _matcher_at_8(self, left, right):
        left, right = (F.avg_pool2d(x, 2) for x in (left, right))
        offsets = torch.tanh(0.5 * self.conv_offset_8(left))
        return lambda flow, wide: correlate_adaptive(left, right, flow, offsets, wide)
