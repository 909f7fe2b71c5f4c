# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Build message packages that have no wheels, with the generators of ROS and a compiler.

    python test/nodes/message_packages.py FOLDER < definitions.json

`definitions.json` has the definition of each message or service by its name, such as
std_msgs/msg/String. The packages in FOLDER can be imported; they have type support for Fast DDS.
If a tool is missing, one line names it, and the exit code is `MISSING`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
import json
from pathlib import Path
import shutil
import subprocess
import sys
import sysconfig

import numpy as np

MISSING = 3
PREFIX = Path(sys.prefix)
DEPENDENCIES = 'builtin_interfaces', 'geometry_msgs', 'service_msgs', 'std_msgs'
TYPE_SUPPORT = 'rosidl_typesupport_fastrtps_c'
GENERATORS = {
    'rosidl_generator_type_description': ('generate_type_hash', []),
    'rosidl_generator_c': ('generate_c', []),
    TYPE_SUPPORT: ('generate_typesupport_fastrtps_c', []),
    'rosidl_typesupport_c': ('generate_c', [[TYPE_SUPPORT]]),
    'rosidl_generator_py': ('generate_py', [['rosidl_typesupport_c']]),
}
LIBRARIES = [
    *(
        f'{package}__{part}'
        for package in DEPENDENCIES
        for part in ('rosidl_generator_c', 'rosidl_generator_py', 'rosidl_typesupport_c')
    ),
    *(f'{package}__{TYPE_SUPPORT}' for package in DEPENDENCIES),
    *('rosidl_runtime_c', 'rosidl_typesupport_c', TYPE_SUPPORT, 'fastcdr', 'rcutils', 'rmw'),
]
COMPILERS = {'.c': ['gcc', '-std=gnu11'], '.cpp': ['g++', '-std=c++17']}


def missing() -> str:
    """Return what is missing to build packages, or an empty string."""
    compilers = [name for name, *_ in COMPILERS.values() if shutil.which(name) is None]
    if compilers or not Path(sysconfig.get_path('include'), 'Python.h').exists():
        return 'needs gcc, g++ and the headers of Python'
    try:
        for name in ('rosidl_adapter.msg', *GENERATORS):
            import_module(name)
    except ImportError:
        return 'needs the generators of ROS'
    folders = PREFIX / 'include/rcutils', PREFIX / 'share/rosidl_generator_c/resource'
    return '' if all(x.is_dir() for x in folders) else 'needs the wheels of ROS'


def make_package(folder: Path, name: str, kind: str, messages: dict[str, str]) -> None:
    """
    Build a package in a folder from which it can be imported.

    :param kind: msg or srv
    :param messages: their definitions by their names
    """
    convert = getattr(import_module(f'rosidl_adapter.{kind}'), f'convert_{kind}_to_idl')
    work, package = folder / 'work' / name, folder / name
    sources = work / 'sources'
    for path in (work / kind, sources / name / kind / 'detail', package / kind):
        path.mkdir(parents=True)
    (sources / name / 'msg').mkdir(exist_ok=True)
    (package / '__init__.py').touch()
    for message, definition in messages.items():
        (work / f'{kind}/{message}.{kind}').write_text(definition)
        convert(work, name, Path(kind, f'{message}.{kind}'), work / kind)
    for generator, (function, extra) in GENERATORS.items():
        output = package if generator == 'rosidl_generator_py' else sources / name
        arguments = {
            'package_name': name,
            'output_dir': str(output),
            'template_dir': str(PREFIX / f'share/{generator}/resource'),
            'idl_tuples': [f'{work}:{kind}/{message}.idl' for message in messages],
            'type_description_tuples': [
                f'{kind}/{message}.idl:{sources / name}/{kind}/{message}.json'
                for message in messages
            ],
            'include_paths': [f'{x}:{PREFIX}/share/{x}' for x in DEPENDENCIES],
            'ros_interface_dependencies': [],
            'target_dependencies': [],
        }
        path = work / f'{generator}.json'
        path.write_text(json.dumps(arguments))
        generate: Callable[..., object] = getattr(import_module(generator), function)
        generate(str(path), *extra)
    for generator in ('rosidl_generator_c', TYPE_SUPPORT):
        header = f'{generator}__visibility_control.h'
        text = (PREFIX / f'share/{generator}/resource/{header}.in').read_text()
        text = text.replace('@PROJECT_NAME@', name).replace('@PROJECT_NAME_UPPER@', name.upper())
        (sources / name / 'msg' / header).write_text(text)
    _compile(work, [sources, package], package / f'{name}_s__rosidl_typesupport_c.so')


def _compile(work: Path, folders: list[Path], library: Path) -> None:
    headers = [work / 'sources', library.parents[1], sysconfig.get_path('include')]
    headers += [np.get_include(), PREFIX / 'include', *(PREFIX / 'include').iterdir()]
    objects = []
    for source in (x for folder in folders for x in folder.rglob('*.c*') if x.suffix in COMPILERS):
        objects.append(str(work / f'{len(objects)}.o'))
        includes = [f'-I{path}' for path in headers]
        command = [*COMPILERS[source.suffix], '-fPIC', '-O0', '-w', *includes]
        subprocess.run([*command, '-c', str(source), '-o', objects[-1]], check=True)
    libraries = [f'-l{name}' for name in LIBRARIES]
    link = ['g++', '-shared', *objects, f'-L{PREFIX}/lib', *libraries, '-o', str(library)]
    subprocess.run(link, check=True)


def main(folder: Path, definitions: dict[str, str]) -> int:
    if reason := missing():
        print(reason)
        return MISSING
    for message, definition in definitions.items():
        package, kind, name = message.split('/')
        make_package(folder.resolve(), package, kind, {name: definition})
    return 0


if __name__ == '__main__':
    sys.exit(main(Path(sys.argv[1]), json.load(sys.stdin)))
