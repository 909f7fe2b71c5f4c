# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Execution providers of ONNX Runtime: what they need, and what really runs a model."""
