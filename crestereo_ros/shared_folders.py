# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the files are that the package ships beside its code."""

from collections.abc import Iterator
import os
from pathlib import Path


def shared_folders(part: str) -> Iterator[Path]:
    """
    Yield the folders in which a part of what the package ships may be, the first to be taken.

    These are a source checkout, the prefix that the package was installed into, and the prefixes
    of the sourced ROS workspaces: with --symlink-install the package is in none of the others.

    :param part: of the checkout, and of the package's folder in share/
    """
    checkout = Path(__file__).resolve().parents[1]
    if (checkout / 'package.xml').is_file():
        yield checkout / part
    overlays = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
    for prefix in [*Path(__file__).parents, *map(Path, filter(None, overlays))]:
        yield prefix / 'share' / 'crestereo_ros' / part
