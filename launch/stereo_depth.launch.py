# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
r"""
Depth from the rectified images of a live stereo camera.

    ros2 launch crestereo_ros stereo_depth.launch.py \
        left_image:=/camera/left/image_rect right_image:=/camera/right/image_rect \
        left_camera_info:=/camera/left/camera_info right_camera_info:=/camera/right/camera_info
"""

from launch import LaunchContext, LaunchDescription
from launch.action import Action
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from crestereo_ros.launching.actions import (
    check_rviz,
    ending,
    existing_file,
    is_set,
    node_parameters,
    parameter_arguments,
)
from crestereo_ros.parameters import DEPTH_PARAMETERS

CONFIG = PathJoinSubstitution([FindPackageShare('crestereo_ros'), 'config'])

# Arguments with the topics that they stand for.
TOPICS = {
    'left_image': 'left/image_rect',
    'right_image': 'right/image_rect',
    'left_camera_info': 'left/camera_info',
    'right_camera_info': 'right/camera_info',
}


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'namespace', default_value='', description='Namespace of nodes and topics.'
            ),
            DeclareLaunchArgument(
                'params_file',
                default_value=PathJoinSubstitution([CONFIG, 'stereo_depth.yaml']),
                description='YAML file with the parameters of stereo_depth.',
            ),
            DeclareLaunchArgument(
                'keep_running',
                default_value='false',
                description='Keep the other nodes when one has ended.',
            ),
            DeclareLaunchArgument(
                'rviz',
                default_value='false',
                description='Show the left image and the disparity in RViz.',
            ),
            DeclareLaunchArgument(
                'rviz_config',
                default_value=PathJoinSubstitution([CONFIG, 'stereo_depth.rviz']),
                description='Configuration of RViz.',
            ),
            DeclareLaunchArgument(
                'fixed_frame',
                default_value='',
                description='Fixed frame of RViz. Images need none. Default: as in rviz_config.',
            ),
            *(
                DeclareLaunchArgument(name, default_value=topic, description=f'Topic for {topic}.')
                for name, topic in TOPICS.items()
            ),
            *parameter_arguments(DEPTH_PARAMETERS, 'params_file'),
            OpaqueFunction(function=nodes),
        ]
    )


def nodes(context: LaunchContext) -> list[Action]:
    """Evaluate all arguments, then start the nodes."""
    is_set(context, 'keep_running')
    depth = Node(
        package='crestereo_ros',
        executable='stereo_depth_node',
        name='stereo_depth',
        namespace=LaunchConfiguration('namespace'),
        parameters=node_parameters(context, DEPTH_PARAMETERS, 'params_file'),
        remappings=[(topic, LaunchConfiguration(name)) for name, topic in TOPICS.items()],
        output='screen',
        on_exit=ending(),
    )
    return [depth, rviz(context)] if is_set(context, 'rviz') else [depth]


def rviz(context: LaunchContext) -> Node:
    check_rviz(context)
    frame = context.launch_configurations['fixed_frame']
    return Node(
        package='rviz2',
        executable='rviz2',
        namespace=LaunchConfiguration('namespace'),
        arguments=[
            '-d',
            existing_file(context, 'rviz_config'),
            *(['-f', frame] if frame else []),
        ],
        # The names in the file are absolute, those of the nodes depend on the arguments.
        remappings=[
            ('/left/image_rect', LaunchConfiguration('left_image')),
            ('/disparity/image_color', 'disparity/image_color'),
        ],
    )
