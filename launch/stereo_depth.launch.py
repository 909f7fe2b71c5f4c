# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
r"""
Depth from live stereo cameras.

    ros2 launch crestereo_ros stereo_depth.launch.py camera:=realsense

    ros2 launch crestereo_ros stereo_depth.launch.py \
        left_image:=/camera/left/image_rect right_image:=/camera/right/image_rect \
        left_camera_info:=/camera/left/camera_info right_camera_info:=/camera/right/camera_info

    ros2 launch crestereo_ros stereo_depth.launch.py camera:=oak 'cameras:=[front, rear]'
"""

from __future__ import annotations

from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.action import Action
from launch.actions import DeclareLaunchArgument, GroupAction, OpaqueFunction
from launch.logging import get_logger
from launch.substitutions import PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from crestereo_ros.launching.actions import (
    check_rviz,
    ending,
    existing_file,
    is_set,
    node_name,
    node_parameters,
    parameter_arguments,
    threads_of_each,
    topic_name,
)
from crestereo_ros.launching.cameras import camera_names, CameraPreset, topic_of_camera, TOPICS
from crestereo_ros.launching.checks import check_depth_parameters
from crestereo_ros.launching.consumers import ConsumerPreset
from crestereo_ros.parameters import DEPTH_PARAMETERS

CONFIG = PathJoinSubstitution([FindPackageShare('crestereo_ros'), 'config'])


def generate_launch_description() -> LaunchDescription:
    # A group, so that defaults and presets do not become arguments of what is launched later.
    return LaunchDescription([GroupAction(actions())])


def actions() -> list[Action]:
    return [
        DeclareLaunchArgument(
            'camera',
            default_value='',
            description='Camera whose topics and settings are the defaults of the other '
            'arguments: a name of config/cameras such as realsense, oak, zed, orbbec, '
            'two_usb, two_libcamera or two_csi, or the path of a YAML file like those.',
        ),
        DeclareLaunchArgument(
            'consumer',
            default_value='',
            description='Consumer whose names of topics and settings are used: a name of '
            'config/consumers such as nvblox, rtabmap or nav2, or the path of a YAML file '
            'like those.',
        ),
        # Before the arguments that they give defaults to.
        OpaqueFunction(function=use_presets),
        DeclareLaunchArgument(
            'camera_name',
            default_value='',
            description='Name that the driver of camera was given. Default: its own default.',
        ),
        DeclareLaunchArgument(
            'cameras',
            default_value='',
            description='Names of several cameras, as [front, rear]: each gets a depth node '
            'in a namespace of that name, and its share of the threads.',
        ),
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
            'rviz', default_value='false', description='Show the results in RViz.'
        ),
        DeclareLaunchArgument(
            'rviz_config',
            default_value=PathJoinSubstitution([CONFIG, 'stereo_depth.rviz']),
            description='Configuration of RViz.',
        ),
        DeclareLaunchArgument(
            'fixed_frame',
            default_value='',
            description='Fixed frame of RViz. Images need none; points need the frame of '
            'the left image, or one that tf leads to. Default: as in rviz_config.',
        ),
        *(
            DeclareLaunchArgument(
                name,
                default_value=topic,
                description=f'Topic for {topic}; {{name}} in it is the name of the camera.',
            )
            for name, topic in TOPICS.items()
        ),
        *parameter_arguments(DEPTH_PARAMETERS, 'params_file'),
        OpaqueFunction(function=nodes),
    ]


def use_presets(context: LaunchContext) -> None:
    """Give every argument that was left out the value that suits the camera and the consumer."""
    camera = context.launch_configurations['camera']
    if camera:
        preset = CameraPreset.read(Path(CONFIG.perform(context)) / 'cameras', camera)
        context.launch_configurations.setdefault('camera_name', preset.name)
        use_arguments(context, f'camera:={camera}', preset.arguments)
    consumer = consumer_of(context)
    if consumer is not None:
        name = context.launch_configurations['consumer']
        use_arguments(context, f'consumer:={name}', consumer.arguments)


def use_arguments(context: LaunchContext, source: str, arguments: dict[str, str]) -> None:
    for argument, value in arguments.items():
        given = context.launch_configurations.setdefault(argument, value)
        if given != value:
            get_logger('crestereo_ros').warning(
                f"{argument} is '{given}', although {source} would set it to '{value}'"
            )


def consumer_of(context: LaunchContext) -> ConsumerPreset | None:
    consumer = context.launch_configurations['consumer']
    if not consumer:
        return None
    return ConsumerPreset.read(Path(CONFIG.perform(context)) / 'consumers', consumer)


def nodes(context: LaunchContext) -> list[Action]:
    """Evaluate all arguments, then start the nodes."""
    is_set(context, 'keep_running')
    names = camera_names(context.launch_configurations['cameras'])
    namespace = context.launch_configurations['namespace']
    if not names:
        name = context.launch_configurations['camera_name']
        return nodes_of_camera(context, name, namespace, 1)
    return [
        node
        for name in names
        for node in nodes_of_camera(
            context, name, f'{namespace}/{name}' if namespace else name, len(names)
        )
    ]


def nodes_of_camera(
    context: LaunchContext, name: str, namespace: str, cameras: int
) -> list[Action]:
    consumer = consumer_of(context)
    published = consumer.topics if consumer else {}
    topics = {
        topic: topic_name(
            argument,
            topic_of_camera(argument, context.launch_configurations[argument], name, cameras > 1),
        )
        for argument, topic in TOPICS.items()
    }
    node = node_name(namespace, 'stereo_depth')
    depth = Node(
        package='crestereo_ros',
        executable='stereo_depth_node',
        name='stereo_depth',
        namespace=namespace,
        parameters=[
            *node_parameters(
                context, DEPTH_PARAMETERS, 'params_file', node, check_depth_parameters
            ),
            *threads_of_each(context, cameras, 'params_file', node),
        ],
        remappings=[*topics.items(), *published.items()],
        output='screen',
        on_exit=ending(context),
    )
    if not is_set(context, 'rviz'):
        return [depth]
    depth_image = published.get('depth/image_rect', 'depth/image_rect')
    return [depth, rviz(context, name, namespace, topics['left/image_rect'], depth_image)]


def rviz(
    context: LaunchContext, name: str, namespace: str, left_image: str, depth_image: str
) -> Node:
    check_rviz(context)
    frame = context.launch_configurations['fixed_frame'].replace('{name}', name)
    return Node(
        package='rviz2',
        executable='rviz2',
        namespace=namespace,
        arguments=[
            '-d',
            existing_file(context, 'rviz_config'),
            *(['-f', frame] if frame else []),
        ],
        # The names in the files are absolute, those of the nodes depend on the arguments.
        remappings=[
            ('/left/image_rect', left_image),
            ('/disparity/image_color', 'disparity/image_color'),
            ('/depth/image_rect', depth_image),
            ('/confidence', 'confidence'),
            ('/points2', 'points2'),
        ],
    )
