# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Stereo images to depth with CREStereo on ONNX Runtime, for ROS 2 and without it."""

import os

# ONNX Runtime looks at it when it is imported, and sends what it was used for to its vendor else.
os.environ.setdefault('ORT_DISABLE_TELEMETRY', '1')
