# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Imports ONNX Runtime without its telemetry, or says what to install."""

import os

try:
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as states
except ImportError as error:
    raise ImportError(
        f'onnxruntime cannot be imported ({error}): pip install onnxruntime, or onnxruntime-gpu '
        'for NVIDIA GPUs'
    ) from error

# For programs that import it before this package sets the variable.
if os.environ.get('ORT_DISABLE_TELEMETRY') == '1':
    onnxruntime.disable_telemetry_events()

__all__ = ['onnxruntime', 'states']
