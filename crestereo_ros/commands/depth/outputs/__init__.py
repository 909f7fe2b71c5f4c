# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The outputs of `crestereo depth`, a file for each."""

from crestereo_ros.commands.depth.outputs.bag_output import BagOutput
from crestereo_ros.commands.depth.outputs.color_output import ColorOutput
from crestereo_ros.commands.depth.outputs.confidence_output import ConfidenceOutput
from crestereo_ros.commands.depth.outputs.depth_output import DepthOutput
from crestereo_ros.commands.depth.outputs.disparity_output import DisparityOutput
from crestereo_ros.commands.depth.outputs.output import Output, View
from crestereo_ros.commands.depth.outputs.points_output import PointsOutput
from crestereo_ros.commands.depth.outputs.rerun_output import RerunOutput
from crestereo_ros.commands.depth.outputs.show_output import ShowOutput

OUTPUTS: tuple[type[Output], ...] = (
    DisparityOutput,
    ConfidenceOutput,
    DepthOutput,
    PointsOutput,
    ColorOutput,
    BagOutput,
    ShowOutput,
    RerunOutput,
)

__all__ = ['Output', 'OUTPUTS', 'View']
