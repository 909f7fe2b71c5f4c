# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Settings of PyTorch for all tests."""

import pytest
import torch


@pytest.fixture(scope='session', autouse=True)
def _one_thread():
    # The networks are small: on a busy machine, more threads mostly wait for each other.
    torch.set_num_threads(1)
