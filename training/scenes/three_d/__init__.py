# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Scenes in three dimensions, drawn by OpenGL, with exact disparity for both views."""
