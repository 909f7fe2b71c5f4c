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

from crestereo_ros.shared_folders import shared_folders

PROFILE = 'fastdds.xml'
MIN_FREE = 128 * 2**20  # bytes: eight segments of the profile
SHARED_MEMORY = Path('/dev/shm')
VARIABLE = 'FASTDDS_DEFAULT_PROFILES_FILE'
VARIABLE_OF_2 = 'FASTRTPS_DEFAULT_PROFILES_FILE'  # of Fast DDS 2, which knows only this one
DISTRIBUTIONS_OF_2 = 'humble', 'jazzy'
CHOICES = VARIABLE, VARIABLE_OF_2, 'FASTDDS_BUILTIN_TRANSPORTS'


def enlarge_shared_memory(environment: MutableMapping[str, str]) -> None:
    """
    Let Fast DDS use the profile with larger segments.

    Nothing is changed where the user has chosen transports, or where shared memory is small, as it
    is in a container by default.

    :param environment: of this process, before its first node; is changed
    """
    distribution = environment.get('ROS_DISTRO')
    # On Humble, the UDP of the profile would undo this.
    is_local = distribution == 'humble' and environment.get('ROS_LOCALHOST_ONLY') == '1'
    if is_local or any(environment.get(name) for name in CHOICES):
        return
    if not SHARED_MEMORY.is_dir() or shutil.disk_usage(SHARED_MEMORY).free < MIN_FREE:
        return
    files = (folder / PROFILE for folder in shared_folders('config'))
    profile = next((file for file in files if file.is_file()), None)
    if profile:
        is_2 = distribution in DISTRIBUTIONS_OF_2
        environment[VARIABLE_OF_2 if is_2 else VARIABLE] = str(profile)
