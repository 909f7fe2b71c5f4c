# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Stereo images to depth with CREStereo on ONNX Runtime, for ROS 2 and without it."""
