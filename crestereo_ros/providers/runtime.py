# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime, or what to install."""

try:
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as states
except ImportError as error:
    raise ImportError(
        f'onnxruntime cannot be imported ({error}): pip install onnxruntime, or onnxruntime-gpu '
        'for NVIDIA GPUs'
    ) from error

__all__ = ['onnxruntime', 'states']
