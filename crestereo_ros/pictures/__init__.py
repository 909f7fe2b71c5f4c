# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Disparity as colours."""

from crestereo_ros.pictures.colors import COLOR_MAPS, colorize
from crestereo_ros.pictures.disparity_range import DisparityRange
from crestereo_ros.pictures.side_by_side import side_by_side

__all__ = ['COLOR_MAPS', 'DisparityRange', 'colorize', 'side_by_side']
