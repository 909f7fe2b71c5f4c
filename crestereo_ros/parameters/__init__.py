# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
The parameters of both nodes, each of them declared once.

The nodes, the launch files, the YAML files in `config/` and the tables in `docs/nodes.md` all
come from these declarations, which need neither ROS nor ONNX Runtime.
"""

from crestereo_ros.parameters.declaration import ParameterDeclaration
from crestereo_ros.parameters.depth import DEPTH_PARAMETERS
from crestereo_ros.parameters.player import PLAYER_PARAMETERS

__all__ = ['DEPTH_PARAMETERS', 'PLAYER_PARAMETERS', 'ParameterDeclaration']
