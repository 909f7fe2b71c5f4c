# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Describes the machine that measures."""

import os
from pathlib import Path
import platform
import re


def machine() -> str:
    """Return the processor, the available cores and the Python version in one line."""
    try:
        text = Path('/proc/cpuinfo').read_text()
    except OSError:
        text = ''
    name = re.search(r'^model name\s*: (.+)$', text, re.MULTILINE)
    return (
        f'{name[1] if name else platform.machine()}, {len(os.sched_getaffinity(0))} cores, '
        f'Python {platform.python_version()}'
    )
