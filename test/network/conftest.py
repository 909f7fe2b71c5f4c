# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime sessions for what is built."""

import onnxruntime
import pytest

from crestereo_ros.network import build_model


@pytest.fixture(scope='session')
def open_model():
    """Open a built model on the CPU."""

    def open_model(model):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        return onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=['CPUExecutionProvider']
        )

    return open_model


@pytest.fixture(scope='session')
def small_session(small_weights, open_model):
    """Session of a small run-time-sized model."""
    return open_model(build_model(small_weights, sign_flips=False, metadata={}))
