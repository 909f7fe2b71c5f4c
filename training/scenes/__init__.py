# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Rendered stereo scenes with exact disparity for both views."""

from training.scenes.scene import render_scene, StereoSample

__all__ = ['StereoSample', 'render_scene']
