# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Prepares frames for the matcher: swap, resize, align."""

from crestereo_ros.preparation.frame_preparation import FramePreparation
from crestereo_ros.preparation.image_size import ImageSize

__all__ = ['FramePreparation', 'ImageSize']
