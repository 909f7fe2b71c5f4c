# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
r"""
Depth from stereo images and videos in files and on the web, and from cameras.

    ros2 launch crestereo_ros stereo_player.launch.py \
        source:=left.mp4 source_right:=right.mp4 rviz:=true

The arguments of stereo_depth.launch.py are arguments here too.
"""

from pathlib import Path
from typing import Any

from launch import LaunchContext, LaunchDescription
from launch.action import Action
from launch.actions import DeclareLaunchArgument, GroupAction, OpaqueFunction
from launch.launch_description_sources import load_python_launch_file_as_module
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from crestereo_ros.launching.actions import (
    ending,
    node_name,
    node_parameters,
    parameter_arguments,
)
from crestereo_ros.launching.arguments import LaunchArgumentError
from crestereo_ros.launching.checks import check_player_parameters
from crestereo_ros.parameters import PLAYER_PARAMETERS

CONFIG = PathJoinSubstitution([FindPackageShare('crestereo_ros'), 'config'])
LAST_PAIR = 5.0  # seconds that the depth node still has when the source has ended


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription([GroupAction(actions())])


def actions() -> list[Action]:
    depth = load_python_launch_file_as_module(
        str(Path(__file__).with_name('stereo_depth.launch.py'))
    )
    return [
        DeclareLaunchArgument(
            'player_params_file',
            default_value=PathJoinSubstitution([CONFIG, 'stereo_player.yaml']),
            description='YAML file with the parameters of stereo_player.',
        ),
        *parameter_arguments(PLAYER_PARAMETERS, 'player_params_file'),
        DeclareLaunchArgument(
            'rviz_config',
            default_value=PathJoinSubstitution([CONFIG, 'stereo_player.rviz']),
            description='Configuration of RViz.',
        ),
        DeclareLaunchArgument(
            'fixed_frame',
            default_value=LaunchConfiguration('frame_id'),
            description='Fixed frame of RViz. Images need none. Default: frame_id.',
        ),
        # Before the depth node starts.
        OpaqueFunction(function=check_parameters),
        # Declares the arguments with the topics and the namespace.
        *depth.actions(),
        OpaqueFunction(function=player_node),
    ]


def check_parameters(context: LaunchContext) -> None:
    for name in ('camera', 'cameras'):
        if context.launch_configurations.get(name):
            raise LaunchArgumentError(
                f'{name} is for live cameras: use it with stereo_depth.launch.py'
            )
    parameters(context)


def parameters(context: LaunchContext) -> list[Any]:
    namespace = context.launch_configurations.get('namespace', '')
    return node_parameters(
        context,
        PLAYER_PARAMETERS,
        'player_params_file',
        node_name(namespace, 'stereo_player'),
        check_player_parameters,
    )


def player_node(context: LaunchContext) -> list[Action]:
    return [
        Node(
            package='crestereo_ros',
            executable='stereo_player_node',
            name='stereo_player',
            namespace=LaunchConfiguration('namespace'),
            parameters=parameters(context),
            # Files are matched as they are, so to the depth node they are the rectified images.
            remappings=[
                ('left/image_raw', LaunchConfiguration('left_image')),
                ('right/image_raw', LaunchConfiguration('right_image')),
                ('left/camera_info', LaunchConfiguration('left_camera_info')),
                ('right/camera_info', LaunchConfiguration('right_camera_info')),
            ],
            output='screen',
            on_exit=ending(context, LAST_PAIR),
        )
    ]
