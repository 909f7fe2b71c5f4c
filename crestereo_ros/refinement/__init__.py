# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a network saw too coarsely, found again in the images at their full size."""

from crestereo_ros.refinement.refinement import gains, refine

__all__ = ['gains', 'refine']
