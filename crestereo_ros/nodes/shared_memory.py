# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Room for large images in the shared memory of Fast DDS.

By default a process has half a megabyte of it. What does not fit is sent over UDP, where the
kernel drops parts. Other implementations of DDS take no notice of the profile.
"""

from collections.abc import MutableMapping
from pathlib import Path
import shutil

from crestereo_ros.models.model_files import shared_folders

PROFILE = 'fastdds.xml'
MIN_FREE = 128 * 2**20  # bytes: eight segments of the profile
SHARED_MEMORY = Path('/dev/shm')
VARIABLES = 'FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'
OLD_DISTRIBUTIONS = 'humble', 'jazzy'  # whose Fast DDS 2 knows only the first of them
CHOICES = *VARIABLES, 'FASTDDS_BUILTIN_TRANSPORTS'
LOCAL = 'ROS_LOCALHOST_ONLY'  # which on Humble the profile's UDP would undo


def enlarge_shared_memory(environment: MutableMapping[str, str]) -> None:
    """
    Let Fast DDS use the profile with larger segments.

    Nothing is changed where the user has chosen transports, or where shared memory is small, as it
    is in a container by default.

    :param environment: of this process, before its first node; is changed
    """
    distribution = environment.get('ROS_DISTRO')
    local = distribution == 'humble' and environment.get(LOCAL) == '1'
    if local or any(environment.get(name) for name in CHOICES):
        return
    profile = next(
        (x / PROFILE for x in shared_folders('config') if (x / PROFILE).is_file()), None
    )
    if profile and SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free >= MIN_FREE:
        environment[VARIABLES[distribution not in OLD_DISTRIBUTIONS]] = str(profile)
