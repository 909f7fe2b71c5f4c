# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime sessions for built models."""

import pytest


@pytest.fixture(scope='session')
def small_session(small_weights, open_model):
    """Return a session of a small run-time-sized model."""
    from crestereo_ros.network import build_model

    return open_model(build_model(small_weights, sign_flips=False, metadata={}))
