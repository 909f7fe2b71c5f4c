# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How much memory this process may take."""

import pytest

from crestereo_ros.matching.memory import group_limits, memory_limit

V2_HOST = 'system.slice/docker-1.scope'
V1_UNLIMITED = '9223372036854771712'


@pytest.mark.parametrize(
    ('groups', 'files', 'limits'),
    [
        ('0::/\n', {'memory.max': '512\n'}, [512]),
        ('0::/\n', {'memory.max': 'max\n'}, []),
        ('0::/a/b\n', {'a/b/memory.max': 'max\n', 'a/memory.max': '700\n'}, [700]),
        ('0::/a/b\n', {'a/b/memory.max': '600\n', 'a/memory.max': '700\n'}, [600, 700]),
        (f'0::/{V2_HOST}\n', {'memory.max': '512\n'}, [512]),
        (
            '8:cpu,cpuacct:/x\n4:memory:/x\n0::/\n',
            {'memory/x/memory.limit_in_bytes': '800', 'cpu/x/memory.limit_in_bytes': '1'},
            [800],
        ),
        (
            '4:memory:/docker/1\n',
            {'memory/memory.limit_in_bytes': V1_UNLIMITED},
            [int(V1_UNLIMITED)],
        ),
        ('0::/gone:with a colon\n', {}, []),
        ('', {'memory.max': '512\n'}, []),
    ],
    ids=[
        'version 2',
        'version 2, none',
        'version 2, of the parent',
        'version 2, of both',
        'version 2, path of the host',
        'version 1',
        'version 1, none',
        'none there',
        'no groups',
    ],
)
def test_limits_of_control_groups(tmp_path, groups, files, limits):
    (tmp_path / 'cgroup').write_text(groups)
    for name, text in files.items():
        path = tmp_path / 'mount' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert list(group_limits(tmp_path / 'cgroup', tmp_path / 'mount')) == limits


def test_no_file_is_no_limit(tmp_path):
    assert list(group_limits(tmp_path / 'cgroup', tmp_path)) == []


def test_it_is_the_machines_or_less():
    with open('/proc/meminfo') as file:
        total = int(file.readline().split()[1]) * 1024
    assert 0 < memory_limit() <= 1.01 * total
