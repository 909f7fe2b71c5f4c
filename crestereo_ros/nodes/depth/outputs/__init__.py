# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The topics that the depth node publishes results on, a file for each."""

from crestereo_ros.nodes.depth.outputs.color_output import ColorOutput
from crestereo_ros.nodes.depth.outputs.disparity_output import DisparityOutput
from crestereo_ros.nodes.depth.outputs.output import Output

OUTPUTS: tuple[type[Output], ...] = (DisparityOutput, ColorOutput)

__all__ = ['ColorOutput', 'DisparityOutput', 'Output', 'OUTPUTS']
