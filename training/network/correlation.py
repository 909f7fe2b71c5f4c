# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The similarity of each left feature and the right features around its match."""

from collections.abc import Iterator

import torch
from torch.autograd.function import FunctionCtx
import torch.nn.functional as F

GROUPS = 4
SAMPLES = 9

Box = tuple[object, slice, slice]


def window(wide: bool) -> torch.Tensor:
    """Return the offsets (x, y) of the nine samples, (9, 2): 1x9 if wide, else 3x3 by rows."""
    columns, rows = (9, 1) if wide else (3, 3)
    y, x = torch.meshgrid(
        torch.arange(rows) - rows // 2, torch.arange(columns) - columns // 2, indexing='ij'
    )
    return torch.stack((x.flatten(), y.flatten()), dim=1)


def sample(features: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """
    Sample features bilinearly; they are zero outside the map.

    :param features: (N, C, H, W)
    :param positions: (N, h, w, 2), pixels (x, y)
    :returns: (N, C, h, w)
    """
    # With aligned corners, all samples of a map of one row or column would be equal.
    size = positions.new_tensor((features.shape[3], features.shape[2]))
    positions = (2 * positions + 1) / size - 1
    return F.grid_sample(features, positions, padding_mode='zeros', align_corners=False)


def pixel_grid(features: torch.Tensor) -> torch.Tensor:
    """Return the positions (x, y) of the pixels of (N, C, H, W) features, (1, H, W, 2)."""
    height, width = features.shape[2:]
    y, x = torch.meshgrid(
        *(torch.arange(side, device=features.device) for side in (height, width)), indexing='ij'
    )
    return torch.stack((x, y), dim=-1)[None].to(features.dtype)


def correlate_adaptive(
    left: torch.Tensor,
    right: torch.Tensor,
    flow: torch.Tensor,
    offsets: torch.Tensor,
    wide: bool,
) -> torch.Tensor:
    """
    Correlate at learned sample positions.

    :param left: features, (N, C, H, W)
    :param right: features, (N, C, H, W)
    :param flow: (N, 2, H, W), from a left pixel to its match
    :param offsets: (N, 18, H, W), nine pairs (x, y) that are added to the window's positions
    :param wide: whether the window is 1x9, otherwise 3x3
    :returns: (N, 36, H, W), group by group
    """
    positions = pixel_grid(left) + flow.permute(0, 2, 3, 1)
    shifts = offsets.unflatten(1, (SAMPLES, 2)).permute(0, 1, 3, 4, 2)
    shifts = shifts + window(wide)[None, :, None, None].to(shifts)
    positions = (positions[:, None] + shifts).flatten(1, 2)
    samples = sample(right, positions).unflatten(2, (SAMPLES, -1))
    product = (left[:, :, None] * samples).unflatten(1, (GROUPS, -1))
    return product.mean(dim=2).flatten(1, 2)


class _WindowCorrelation(torch.autograd.Function):
    """
    Correlate with the neighbours in a window of `rows` x `columns`.

    The gradient is written by hand: the nine products then fit into the processor's cache, which
    is more than twice as fast as unfolding the window.
    """

    @staticmethod
    def forward(
        context: FunctionCtx, left: torch.Tensor, padded: torch.Tensor, rows: int, columns: int
    ) -> torch.Tensor:
        context.save_for_backward(left, padded)
        context.window = rows, columns
        planes = [
            (left * padded[box]).unflatten(1, (GROUPS, -1)).mean(dim=2)
            for box in _WindowCorrelation._boxes(left, rows, columns)
        ]
        return torch.stack(planes, dim=2).flatten(1, 2)

    @staticmethod
    def backward(
        context: FunctionCtx, gradient: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, None, None]:
        left, padded = context.saved_tensors
        gradient = gradient.unflatten(1, (GROUPS, SAMPLES)) * (GROUPS / left.shape[1])
        grouped = left.unflatten(1, (GROUPS, -1))
        to_left, to_padded = torch.zeros_like(grouped), torch.zeros_like(padded)
        for plane, box in enumerate(_WindowCorrelation._boxes(left, *context.window)):
            share = gradient[:, :, None, plane]
            to_left.addcmul_(padded[box].unflatten(1, (GROUPS, -1)), share)
            to_padded[box].unflatten(1, (GROUPS, -1)).addcmul_(grouped, share)
        return to_left.flatten(1, 2), to_padded, None, None

    @staticmethod
    def _boxes(left: torch.Tensor, rows: int, columns: int) -> Iterator[Box]:
        height, width = left.shape[2:]
        for y in range(rows):
            for x in range(columns):
                yield ..., slice(y, y + height), slice(x, x + width)


def correlate_local(
    left: torch.Tensor, right: torch.Tensor, flow: torch.Tensor, wide: bool
) -> torch.Tensor:
    """Warp the right features by the flow and correlate with the window, (N, 36, H, W)."""
    warped = sample(right, pixel_grid(left) + flow.permute(0, 2, 3, 1))
    rows, columns = (1, 9) if wide else (3, 3)
    pad_x, pad_y = columns // 2, rows // 2
    padded = F.pad(warped, (pad_x, pad_x, pad_y, pad_y), mode='replicate')
    return _WindowCorrelation.apply(left, padded, rows, columns)
