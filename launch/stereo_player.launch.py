# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Depth from stereo images and videos in files and on the web, and from cameras.

    ros2 launch crestereo_ros stereo_player.launch.py \
        source:=left.mp4 source_right:=right.mp4 rviz:=true

The arguments of stereo_depth.launch.py are arguments here too.
"""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

CONFIG = PathJoinSubstitution([FindPackageShare('crestereo_ros'), 'config'])

# Parameters of the node as arguments; an empty one leaves it as player_params_file has it.
PARAMETERS = {
    'source': (str, 'Left image, folder or video, or video with both views in each frame'),
    'source_right': (str, 'Right image, folder or video; none for a video with both views'),
    'source_type': (str, 'What the source is; auto: what it looks like'),
    'max_height': (int, 'Most rows of a video that is found on a web page'),
    'start_time': (float, 'Where playing starts, in seconds of the source'),
    'duration': (float, 'How many seconds of the source are played; 0: all'),
    'rate': (float, "Frames per second; 0: the file's own"),
    'loop': (bool, 'Play again from start_time, for ever'),
    'swap': (str, 'Exchange left and right: true, false, or auto while aligning'),
    'align': (str, 'Line up the rows of the images: on, off, or auto unless calibrated'),
    'resize': (str, 'Size of the published images: HEIGHTxWIDTH, or a scale as 0.5'),
    'stamps': (str, 'Stamps of the images: wall, or video for the time in the source'),
    'publish_clock': (bool, 'Publish the time that is played on /clock'),
    'camera_info_left': (str, 'Calibration of the left camera, a YAML file'),
    'camera_info_right': (str, 'Calibration of the right camera, a YAML file'),
    'frame_id': (str, "Frame of both images' headers"),
    'wait_for_subscribers': (float, 'Longest time to wait for subscribers, in seconds'),
}


def generate_launch_description():
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'player_params_file',
                default_value=PathJoinSubstitution([CONFIG, 'stereo_player.yaml']),
                description='YAML file with the parameters of stereo_player',
            ),
            *(
                DeclareLaunchArgument(
                    name, default_value='', description=f'{text}; empty: as in player_params_file'
                )
                for name, (_, text) in PARAMETERS.items()
            ),
            # First, because it declares the arguments with the topics and the namespace.
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(
                    str(Path(__file__).with_name('stereo_depth.launch.py'))
                )
            ),
            OpaqueFunction(function=player_node),
        ]
    )


def player_node(context):
    """Start the node once the arguments are known, with those parameters that were given."""
    given = {
        name: ParameterValue(LaunchConfiguration(name), value_type=value_type)
        for name, (value_type, _) in PARAMETERS.items()
        if LaunchConfiguration(name).perform(context)
    }
    return [
        Node(
            package='crestereo_ros',
            executable='stereo_player_node',
            name='stereo_player',
            namespace=LaunchConfiguration('namespace'),
            parameters=[LaunchConfiguration('player_params_file'), given],
            # Files are matched as they are, so to the depth node they are the rectified images.
            remappings=[
                ('left/image_raw', LaunchConfiguration('left_image')),
                ('right/image_raw', LaunchConfiguration('right_image')),
                ('left/camera_info', LaunchConfiguration('left_camera_info')),
                ('right/camera_info', LaunchConfiguration('right_camera_info')),
            ],
            output='screen',
        )
    ]
