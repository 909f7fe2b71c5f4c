# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The reasons of ONNX Runtime's errors."""

import pytest

from crestereo_ros.providers.sessions import reason_of


@pytest.mark.parametrize(
    ('error', 'reason'),
    [
        (MemoryError(), 'MemoryError'),
        (RuntimeError(' \n'), 'RuntimeError'),
        (RuntimeError('Stack trace\n\nno such device\n'), 'no such device'),
        (
            RuntimeError('[ONNXRuntimeError] : 1 : FAIL : CUDA failure 2 ; GPU=0 ; hostname=a'),
            'CUDA failure 2',
        ),
    ],
)
def test_the_reason_of_an_error(error, reason):
    assert reason_of(error) == reason
