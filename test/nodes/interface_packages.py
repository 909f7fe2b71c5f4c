# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Build packages of messages that no wheel exists of, with the generators of ROS and a C compiler.

    python test/nodes/interface_packages.py DESTINATION PACKAGE...

What is in DESTINATION afterwards can be imported, and talks over DDS like what ROS itself has.
"""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import subprocess
import sys
import sysconfig

import numpy as np
from rosidl_adapter.msg import convert_msg_to_idl
from rosidl_adapter.srv import convert_srv_to_idl
from rosidl_generator_c.cli import GenerateC
from rosidl_generator_py.cli import GeneratePython
from rosidl_generator_type_description.cli import HashTypeDescription
from rosidl_typesupport_c.cli import GenerateCTypesupport
from rosidl_typesupport_fastrtps_c.cli import GenerateFastRTPSCTypesupport

# Files and their text, and the packages that they need.
PACKAGES = {
    'tf2_msgs': (
        {'msg/TFMessage.msg': 'geometry_msgs/TransformStamped[] transforms\n'},
        ('geometry_msgs', 'std_msgs', 'builtin_interfaces'),
    ),
    'rosbag2_interfaces': (
        {'srv/Seek.srv': 'builtin_interfaces/Time time\n---\nbool success\n'},
        ('service_msgs', 'builtin_interfaces'),
    ),
}
CONVERSIONS = {'.msg': convert_msg_to_idl, '.srv': convert_srv_to_idl}
ONE = 'rosidl_typesupport_fastrtps_c'  # with one alone, no library is looked for at run time
LIBRARIES = [
    *('rosidl_runtime_c', 'rosidl_typesupport_c', 'rosidl_typesupport_fastrtps_c'),
    *('rosidl_typesupport_fastrtps_cpp', 'rmw', 'rcutils', 'fastcdr'),
]
OF_PACKAGES = 'rosidl_generator_c', 'rosidl_generator_py', ONE


def build(name: str, destination: Path) -> None:
    definitions, needs = PACKAGES[name]
    folder = destination.resolve() / name
    for path, text in definitions.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    paths = [Path(path) for path in definitions]
    for path in paths:
        CONVERSIONS[path.suffix](folder, name, path, folder / path.parent)
    share = Path(sys.prefix, 'share')
    given = {
        'package_name': name,
        'interface_files': [f'{folder}:{path.with_suffix(".idl")}' for path in paths],
        'include_paths': [str(share / need / 'msg') for need in needs],
        'output_path': folder,
    }
    hashes = HashTypeDescription('').generate_type_hashes(**given)
    GenerateC('').generate(**given, type_description_files=[str(path) for path in hashes])
    GenerateCTypesupport('', typesupport_implementations=[ONE]).generate(**given)
    GenerateFastRTPSCTypesupport('').generate(**given)
    kind = 'rosidl_typesupport_c'
    GeneratePython('', typesupport_implementations=[kind]).generate(**given)
    (folder / '__init__.py').touch()
    library = folder / f'{name}_s__{kind}{sysconfig.get_config_var("EXT_SUFFIX")}'
    objects = list(compiled(folder, destination))
    linked = [f'{need}__{part}' for need in needs for part in OF_PACKAGES] + LIBRARIES
    link = ['g++', '-shared', '-o', str(library), *objects, f'-L{sys.prefix}/lib']
    subprocess.run([*link, *(f'-l{x}' for x in linked)], check=True)


def compiled(folder: Path, destination: Path) -> Iterator[str]:
    include = Path(sys.prefix, 'include')
    places = [destination.resolve(), include, sysconfig.get_path('include'), np.get_include()]
    places += [path for path in include.iterdir() if path.is_dir()]
    for path in [*folder.rglob('*.c'), *folder.rglob('*.cpp')]:
        compiler = ['gcc'] if path.suffix == '.c' else ['g++', '-std=c++17']
        command = [*compiler, '-fPIC', '-w', *(f'-I{place}' for place in places)]
        subprocess.run([*command, '-c', path, '-o', f'{path}.o'], check=True)
        yield f'{path}.o'


if __name__ == '__main__':
    os.environ['AMENT_PREFIX_PATH'] = sys.prefix  # where the generators look for their templates
    for package in sys.argv[2:]:
        build(package, Path(sys.argv[1]))
