# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The topics that the depth node publishes results on, a file for each."""

from crestereo_ros.nodes.depth.outputs.color_output import ColorOutput
from crestereo_ros.nodes.depth.outputs.compressed_color_output import CompressedColorOutput
from crestereo_ros.nodes.depth.outputs.compressed_depth_output import CompressedDepthOutput
from crestereo_ros.nodes.depth.outputs.confidence_output import ConfidenceOutput
from crestereo_ros.nodes.depth.outputs.depth_info_output import DepthInfoOutput
from crestereo_ros.nodes.depth.outputs.depth_output import DepthOutput
from crestereo_ros.nodes.depth.outputs.disparity_output import DisparityOutput
from crestereo_ros.nodes.depth.outputs.output import Output
from crestereo_ros.nodes.depth.outputs.points_output import PointsOutput
from crestereo_ros.nodes.depth.outputs.rectified_output import RectifiedOutput

OUTPUTS: tuple[type[Output], ...] = (
    DisparityOutput,
    ColorOutput,
    CompressedColorOutput,
    DepthOutput,
    CompressedDepthOutput,
    DepthInfoOutput,
    PointsOutput,
    ConfidenceOutput,
    RectifiedOutput,
)

__all__ = [
    'ColorOutput',
    'CompressedColorOutput',
    'CompressedDepthOutput',
    'ConfidenceOutput',
    'DepthInfoOutput',
    'DepthOutput',
    'DisparityOutput',
    'Output',
    'OUTPUTS',
    'PointsOutput',
    'RectifiedOutput',
]
