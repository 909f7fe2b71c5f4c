# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a node prints for `--help`."""

from crestereo_ros.parameters import DEPTH_PARAMETERS, PLAYER_PARAMETERS
from crestereo_ros.parameters.parameter_file import parameter_file

PARAMETERS = {'stereo_depth_node': DEPTH_PARAMETERS, 'stereo_player_node': PLAYER_PARAMETERS}
TEXT = """\
usage: {program} --ros-args [-p PARAMETER:=VALUE] [-r TOPIC:=OTHER] [--params-file FILE]

docs/nodes.md describes the topics and services. The parameters and their defaults, as FILE may
have them:

{parameters}"""


def help_text(program: str) -> str:
    """Return the usage and the parameters of a program; it needs neither ROS nor ONNX Runtime."""
    return TEXT.format(program=program, parameters=parameter_file(PARAMETERS[program]))
