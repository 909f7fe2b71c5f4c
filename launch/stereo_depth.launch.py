# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Depth from the rectified images of a live stereo camera.

    ros2 launch crestereo_ros stereo_depth.launch.py \
        left_image:=/camera/left/image_rect right_image:=/camera/right/image_rect \
        left_camera_info:=/camera/left/camera_info right_camera_info:=/camera/right/camera_info
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

CONFIG = PathJoinSubstitution([FindPackageShare('crestereo_ros'), 'config'])

# Arguments with the topics that they stand for.
TOPICS = {
    'left_image': 'left/image_rect',
    'right_image': 'right/image_rect',
    'left_camera_info': 'left/camera_info',
    'right_camera_info': 'right/camera_info',
}

# Parameters of the node as arguments; an empty one leaves it as params_file has it.
PARAMETERS = {
    'model': (str, 'Network: a shipped or cached one by name, or the path of an .onnx file'),
    'provider': (str, 'What runs it: auto, cpu, cuda, tensorrt or openvino'),
    'threads': (int, 'Threads on the CPU; 0: as many as there are cores'),
    'iterations': (int, 'Updates of the disparity, 1 to 32; 0: what the model was made for'),
    'resolution': (str, 'Size for the network: fast, image, fine or HEIGHTxWIDTH'),
    'sync_tolerance': (float, 'Largest difference of the stamps of a pair, in seconds'),
    'queue_size': (int, 'How many images of each side may wait for their partner'),
}


def generate_launch_description():
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'namespace', default_value='', description='Namespace of nodes and topics'
            ),
            DeclareLaunchArgument(
                'params_file',
                default_value=PathJoinSubstitution([CONFIG, 'stereo_depth.yaml']),
                description='YAML file with the parameters of stereo_depth',
            ),
            DeclareLaunchArgument(
                'rviz', default_value='false', description='Show images and disparity in RViz'
            ),
            *(
                DeclareLaunchArgument(name, default_value=topic, description='Topic to listen to')
                for name, topic in TOPICS.items()
            ),
            *(
                DeclareLaunchArgument(
                    name, default_value='', description=f'{text}; empty: as in params_file'
                )
                for name, (_, text) in PARAMETERS.items()
            ),
            OpaqueFunction(function=depth_node),
            Node(
                package='rviz2',
                executable='rviz2',
                namespace=LaunchConfiguration('namespace'),
                arguments=['-d', PathJoinSubstitution([CONFIG, 'stereo_depth.rviz'])],
                # The names in the file are absolute, those of the nodes depend on the arguments.
                remappings=[
                    ('/left/image_rect', LaunchConfiguration('left_image')),
                    ('/disparity/image_color', 'disparity/image_color'),
                ],
                condition=IfCondition(LaunchConfiguration('rviz')),
            ),
        ]
    )


def depth_node(context):
    """Start the node once the arguments are known, with those parameters that were given."""
    given = {
        name: ParameterValue(LaunchConfiguration(name), value_type=value_type)
        for name, (value_type, _) in PARAMETERS.items()
        if LaunchConfiguration(name).perform(context)
    }
    return [
        Node(
            package='crestereo_ros',
            executable='stereo_depth_node',
            name='stereo_depth',
            namespace=LaunchConfiguration('namespace'),
            parameters=[LaunchConfiguration('params_file'), given],
            remappings=[(topic, LaunchConfiguration(name)) for name, topic in TOPICS.items()],
            output='screen',
        )
    ]
