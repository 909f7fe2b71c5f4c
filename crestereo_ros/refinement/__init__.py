# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Refines a coarse disparity at the full size of the images."""

from crestereo_ros.refinement.refinement import gains, refine

__all__ = ['gains', 'refine']
