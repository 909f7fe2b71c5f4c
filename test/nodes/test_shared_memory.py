# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Room for large images in shared memory."""

import os
from pathlib import Path
import re
import shutil

import pytest

from crestereo_ros.nodes import shared_memory
from crestereo_ros.nodes.shared_memory import enlarge_shared_memory, MIN_FREE, SHARED_MEMORY

ROOT = Path(__file__).parents[2]
PROFILE, PAIR = ROOT / 'config/fastdds.xml', ROOT / 'demo/data'
PLAYER = 'crestereo_ros.nodes.player.stereo_player_node'
needs_room = pytest.mark.skipif(
    not SHARED_MEMORY.is_dir() or shutil.disk_usage(SHARED_MEMORY).free < MIN_FREE,
    reason='needs 128 MiB in /dev/shm',
)


@needs_room
@pytest.mark.skipif(
    'fastrtps' not in os.environ.get('RMW_IMPLEMENTATION', 'rmw_fastrtps_cpp'),
    reason='needs Fast DDS',
)
def test_a_node_has_a_large_segment(start_node):
    player = start_node(PLAYER, source=PAIR / 'left.png', source_right=PAIR / 'right.png')
    player.wait_for('Playing')
    maps = Path(f'/proc/{player.pid}/maps').read_text()
    # Fast DDS 2 calls its segments fastrtps.
    spans = re.findall(r'^(\w+)-(\w+) .*/dev/shm/fast(?:dds|rtps)_\w+$', maps, re.MULTILINE)
    assert max(int(end, 16) - int(start, 16) for start, end in spans) >= 16 * 2**20


@needs_room
@pytest.mark.parametrize(
    ('distribution', 'variable'),
    [
        ('humble', 'FASTRTPS_DEFAULT_PROFILES_FILE'),
        ('jazzy', 'FASTRTPS_DEFAULT_PROFILES_FILE'),
        ('kilted', 'FASTDDS_DEFAULT_PROFILES_FILE'),
        ('lyrical', 'FASTDDS_DEFAULT_PROFILES_FILE'),
        ('', 'FASTDDS_DEFAULT_PROFILES_FILE'),
    ],
)
def test_each_distribution_has_its_variable(distribution, variable):
    environment = {'ROS_DISTRO': distribution}
    enlarge_shared_memory(environment)
    assert environment == {'ROS_DISTRO': distribution, variable: str(PROFILE)}


@pytest.mark.parametrize(
    'choice',
    [
        {'FASTDDS_DEFAULT_PROFILES_FILE': 'mine.xml'},
        {'FASTRTPS_DEFAULT_PROFILES_FILE': 'mine.xml'},
        {'FASTDDS_BUILTIN_TRANSPORTS': 'UDPv4'},
        {'ROS_DISTRO': 'humble', 'ROS_LOCALHOST_ONLY': '1'},
    ],
)
def test_what_the_user_has_chosen_stays(choice):
    environment = dict(choice)
    enlarge_shared_memory(environment)
    assert environment == choice


def test_a_small_shared_memory_is_left_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(shared_memory, 'MIN_FREE', 2**62)
    environment = {}
    enlarge_shared_memory(environment)
    monkeypatch.setattr(shared_memory, 'SHARED_MEMORY', tmp_path / 'missing')
    enlarge_shared_memory(environment)
    assert environment == {}
