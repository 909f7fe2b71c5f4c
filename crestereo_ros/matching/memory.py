# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How much memory this process may take."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
import os
from pathlib import Path, PurePosixPath

GROUPS = Path('/proc/self/cgroup')
MOUNT = Path('/sys/fs/cgroup')


@cache
def memory_limit() -> int:
    """Return the bytes of the machine's memory, or fewer where a container or service has less."""
    machine = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
    return min([machine, *group_limits(GROUPS, MOUNT)])


def group_limits(groups: Path, mount: Path) -> Iterator[int]:
    """
    Yield the limits of the control groups that this process is in, by cgroups(7).

    :param groups: the file that names the groups, one a line: number, controllers and path; both
        are empty but for the path with version 2
    :param mount: the folder of version 2, which has a folder for each controller of version 1
    """
    for line in _text(groups).splitlines():
        _, controllers, path = line.split(':', 2)
        if not controllers:
            folder, name = mount, 'memory.max'
        elif 'memory' in controllers.split(','):
            folder, name = mount / 'memory', 'memory.limit_in_bytes'
        else:
            continue
        group = PurePosixPath(path.lstrip('/'))
        # Inside a container the path may be that of the host, and the container's own the mount.
        for part in (group, *group.parents):
            text = _text(folder / part / name).strip()
            if text.isdecimal():  # else `max`
                yield int(text)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding='utf-8')
    except OSError:
        return ''
