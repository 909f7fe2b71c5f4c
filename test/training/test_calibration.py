# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Ranges for the 8-bit file."""

import torch

from training.calibration import calibrate, SENSITIVE
from training.train import Trainer


def test_every_convolution_gets_its_range():
    """All but constant inputs span something, and images are known to be in -1..1."""
    network = Trainer().average
    torch.nn.init.normal_(network.error_head.conv2.weight)  # zero before it learns
    weights = {name: value.numpy() for name, value in network.state_dict().items()}

    ranges = calibrate(weights, scenes=1, solid=0.0)

    assert len(ranges) == 46
    assert all(r.input[0] < r.input[1] and r.output[0] < r.output[1] for r in ranges.values())
    assert -1 <= ranges['fnet.conv1'].input[0] < ranges['fnet.conv1'].input[1] <= 1
    for part in SENSITIVE:
        assert any(part in name for name in ranges)
