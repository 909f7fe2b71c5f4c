# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The correlation's values and gradients."""

import pytest
import torch

from training.network.correlation import correlate_adaptive, correlate_local


@pytest.mark.parametrize('wide', [True, False])
def test_local_gradients_are_those_of_its_values(wide):
    """The hand-written gradients agree with numeric differentiation."""
    torch.manual_seed(0)
    left, right = (torch.randn(1, 8, 5, 7, dtype=torch.float64) for _ in range(2))
    flow = torch.randn(1, 2, 5, 7, dtype=torch.float64)
    left.requires_grad_(), right.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda left, right: correlate_local(left, right, flow, wide), (left, right)
    )


@pytest.mark.parametrize('wide', [True, False])
def test_adaptive_without_offsets_is_local(wide):
    """With whole-pixel flow and no offsets, both compare the same points inside the image."""
    torch.manual_seed(0)
    left, right = torch.randn(2, 1, 8, 12, 24)
    flow = torch.full((1, 2, 12, 24), -2.0)
    local = correlate_local(left, right, flow, wide)
    adaptive = correlate_adaptive(left, right, flow, torch.zeros(1, 18, 12, 24), wide)
    inside = (..., slice(4, -4), slice(8, -8))
    torch.testing.assert_close(local[inside], adaptive[inside], rtol=1e-4, atol=1e-5)
