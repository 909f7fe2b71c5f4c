# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Disparity and its errors as colours, and point clouds as files."""

from crestereo_ros.pictures.colors import COLOR_MAPS, colorize
from crestereo_ros.pictures.disparity_range import DisparityRange
from crestereo_ros.pictures.error_map import error_map
from crestereo_ros.pictures.ply import write_ply
from crestereo_ros.pictures.side_by_side import side_by_side

__all__ = [
    'COLOR_MAPS',
    'DisparityRange',
    'colorize',
    'error_map',
    'side_by_side',
    'write_ply',
]
