# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The topics that the depth node publishes results on, a file for each."""

from crestereo_ros.nodes.depth.outputs.color_output import ColorOutput
from crestereo_ros.nodes.depth.outputs.confidence_output import ConfidenceOutput
from crestereo_ros.nodes.depth.outputs.depth_info_output import DepthInfoOutput
from crestereo_ros.nodes.depth.outputs.depth_output import DepthOutput
from crestereo_ros.nodes.depth.outputs.disparity_output import DisparityOutput
from crestereo_ros.nodes.depth.outputs.output import Output
from crestereo_ros.nodes.depth.outputs.points_output import PointsOutput

OUTPUTS: tuple[type[Output], ...] = (
    DisparityOutput,
    ColorOutput,
    DepthOutput,
    DepthInfoOutput,
    PointsOutput,
    ConfidenceOutput,
)

__all__ = [
    'ColorOutput',
    'ConfidenceOutput',
    'DepthInfoOutput',
    'DepthOutput',
    'DisparityOutput',
    'Output',
    'OUTPUTS',
    'PointsOutput',
]
