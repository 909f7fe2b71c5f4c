# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Message types of the images, by the name of their image_transport plugin."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from crestereo_ros.errors import SettingsError
from crestereo_ros.messages.video_packets import INSTALL

RAW = 'raw'
MESSAGES = {
    RAW: 'sensor_msgs/msg/Image',
    'compressed': 'sensor_msgs/msg/CompressedImage',
    'ffmpeg': 'ffmpeg_image_transport_msgs/msg/FFMPEGPacket',
    'foxglove': 'foxglove_msgs/msg/CompressedVideo',
}
VIDEOS = 'ffmpeg', 'foxglove'  # their packets may depend on previous ones


def suffix(transport: str) -> str:
    """Return the suffix that a transport appends to the name of the images."""
    return '' if transport == RAW else f'/{transport}'


def message_type(transport: str) -> type[Any]:
    """
    Return the message type of a transport.

    :raises SettingsError: if the package that defines it, or PyAV to decode it, is missing
    """
    package, _, name = MESSAGES[transport].split('/')
    try:
        kind: type[Any] = getattr(import_module(f'{package}.msg'), name)
    except (ImportError, AttributeError) as error:
        raise SettingsError(
            f'image_transport {transport} needs the messages of {package}: install '
            f'ros-$ROS_DISTRO-{package.replace("_", "-")}'
        ) from error
    if transport in VIDEOS and find_spec('av') is None:
        raise SettingsError(f'image_transport {transport} needs PyAV: {INSTALL}')
    return kind
