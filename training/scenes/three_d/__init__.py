# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Three-dimensional scenes, drawn by OpenGL, with exact disparity for both views."""
