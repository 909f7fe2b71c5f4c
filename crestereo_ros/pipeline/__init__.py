# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From a rectified pair to depth, for the node, the command and Python."""

from crestereo_ros.pipeline.depth_pipeline import DepthPipeline
from crestereo_ros.pipeline.depth_result import DepthResult
from crestereo_ros.pipeline.rectified_pair import RectifiedPair
from crestereo_ros.pipeline.settings import DepthSettings

__all__ = ['DepthPipeline', 'DepthResult', 'DepthSettings', 'RectifiedPair']
