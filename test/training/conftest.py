# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""PyTorch settings for all tests."""

import pytest
import torch


@pytest.fixture(scope='session', autouse=True)
def _one_thread():
    # The networks are small. On a busy machine, several threads mostly wait for each other.
    torch.set_num_threads(1)
