# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Put the launch library of ROS together from its sources, for machines without a distribution.

    python test/launch/library.py SOURCES DESTINATION

SOURCES has a folder for each of `REPOSITORIES`; those that are missing are cloned there. What is
in DESTINATION afterwards can be imported. `launch_ros` imports one package of messages, whose
Python classes are written by the generator of ROS.
"""

from __future__ import annotations

import json
from pathlib import Path
import shutil
import subprocess
import sys

from rosidl_adapter.srv import convert_srv_to_idl
from rosidl_generator_py import generate_py

BRANCH = 'kilted'
# Repositories on GitHub, with the branch or tag, and the Python packages that are taken.
REPOSITORIES = {
    'ros2/launch': (BRANCH, ['launch/launch', 'launch_xml/launch_xml', 'launch_yaml/launch_yaml']),
    'ros2/launch_ros': (BRANCH, ['launch_ros/launch_ros']),
    'osrf/osrf_pycommon': ('master', ['osrf_pycommon']),
    'ros2/rcl_interfaces': (BRANCH, []),
}
MESSAGES = 'composition_interfaces'  # in rcl_interfaces


def main(sources: Path, destination: Path) -> None:
    shutil.rmtree(destination, ignore_errors=True)
    destination.mkdir(parents=True)
    for repository, (branch, packages) in REPOSITORIES.items():
        folder = sources / repository.split('/')[1]
        if not folder.exists():
            url = f'https://github.com/{repository}'
            clone = ['git', 'clone', '-q', '--depth', '1', '--branch', branch, url, str(folder)]
            subprocess.run(clone, check=True)
        for package in packages:
            shutil.copytree(folder / package, destination / Path(package).name)
    write_messages(sources / 'rcl_interfaces' / MESSAGES, destination)


def write_messages(package: Path, destination: Path) -> None:
    """Write the Python classes of a package that has services only."""
    work = (destination / 'idl').resolve()
    files = []
    for path in sorted(package.glob('srv/*.srv')):
        idl = convert_srv_to_idl(package.resolve(), MESSAGES, Path('srv', path.name), work / 'srv')
        files.append(f'{work}:srv/{idl.name}')
    arguments = {
        'package_name': MESSAGES,
        'output_dir': str(destination / MESSAGES),
        'template_dir': str(Path(sys.prefix, 'share/rosidl_generator_py/resource')),
        'idl_tuples': files,
        'ros_interface_dependencies': [],
        'target_dependencies': [],
    }
    (work / 'arguments.json').write_text(json.dumps(arguments))
    generate_py(str(work / 'arguments.json'), [])


if __name__ == '__main__':
    main(Path(sys.argv[1]), Path(sys.argv[2]))
