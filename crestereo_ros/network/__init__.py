# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Builds ONNX files from CREStereo weights."""

from crestereo_ros.network.arithmetic import Float16, Float32
from crestereo_ros.network.frozen import build_frozen_model
from crestereo_ros.network.model import build_model
from crestereo_ros.network.winograd import Winograd

__all__ = [
    'Float16',
    'Float32',
    'Winograd',
    'build_frozen_model',
    'build_model',
]
