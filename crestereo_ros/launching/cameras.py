# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The cameras of a launch: what their drivers publish, their names and their threads."""

from __future__ import annotations

from dataclasses import dataclass
import os
from pathlib import Path
import re

from crestereo_ros.launching.arguments import LaunchArgumentError
from crestereo_ros.launching.presets import read_preset
from crestereo_ros.parameters import DEPTH_PARAMETERS

# Arguments of the launch files with the topics of the depth node that they stand for.
TOPICS = {
    'left_image': 'left/image_rect',
    'right_image': 'right/image_rect',
    'left_camera_info': 'left/camera_info',
    'right_camera_info': 'right/camera_info',
}
# What a preset may set.
PRESET_ARGUMENTS = {*TOPICS, 'fixed_frame', *(x.name for x in DEPTH_PARAMETERS)}
PLACEHOLDER = '{name}'  # of a camera's name in arguments


@dataclass(frozen=True)
class CameraPreset:
    """
    The arguments that suit a camera's driver, as in `config/cameras`.

    `name` is what the driver calls the camera unless it is told another name. The `arguments`
    have it as `{name}`.
    """

    name: str
    arguments: dict[str, str]

    @classmethod
    def read(cls, folder: Path, camera: str) -> CameraPreset:
        """
        Read a preset.

        :param folder: the presets that are installed
        :param camera: the name of one of them, or the path of a YAML file like theirs
        :raises LaunchArgumentError: if there is no such preset, or it is none
        """
        path, content = read_preset('camera', folder, camera, PRESET_ARGUMENTS)
        name, arguments = content.get('name'), content['arguments']
        if not isinstance(name, str):
            raise LaunchArgumentError(f'camera: {path} needs a name')
        return cls(name, arguments)


def camera_names(text: str) -> list[str]:
    """
    Split the text of the argument `cameras`.

    :param text: names as in `[front, rear]`, with or without the brackets
    :raises LaunchArgumentError: if a name cannot be a namespace, or is there twice
    """
    inner = text.strip().removeprefix('[').removesuffix(']')
    names = [name.strip() for name in inner.split(',')] if inner.strip() else []
    for name in names:
        if not re.fullmatch(r'[A-Za-z_]\w*', name, re.ASCII):
            raise LaunchArgumentError(
                f"cameras must be names of letters, digits and _ as in [front, rear], not '{text}'"
            )
    if len(set(names)) < len(names):
        raise LaunchArgumentError(f"cameras must have different names, not '{text}'")
    return names


def topic_of_camera(argument: str, topic: str, name: str, is_one_of_many: bool) -> str:
    """
    Return the topic of one camera.

    :param argument: where the topic comes from
    :param topic: with `{name}` where the camera's name belongs
    :param is_one_of_many: whether there are other cameras, each in a namespace of its own
    :raises LaunchArgumentError: if all of them would have that topic, or the name is missing
    """
    if is_one_of_many and topic.startswith('/') and PLACEHOLDER not in topic:
        raise LaunchArgumentError(
            f"{argument} '{topic}' would be the topic of all cameras: leave out the first /, or "
            f'write {PLACEHOLDER} for the name of the camera'
        )
    if PLACEHOLDER in topic and not name:
        raise LaunchArgumentError(
            f"{argument} '{topic}' has {PLACEHOLDER} in it: name the camera, as in "
            'camera_name:=front'
        )
    return topic.replace(PLACEHOLDER, name)


def thread_share(cameras: int) -> int:
    """Return how many threads each of so many cameras gets, at least 1."""
    return max(1, len(os.sched_getaffinity(0)) // cameras)
