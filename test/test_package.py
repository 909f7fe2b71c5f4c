# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The metadata for colcon, pip and rosdep agrees with the code."""

import ast
from importlib.metadata import entry_points, metadata, requires
from pathlib import Path
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

ROOT = Path(__file__).parents[1]
HEADER = '# Copyright 2026 crestereo_ros contributors\n# SPDX-License-Identifier: Apache-2.0\n'
ROOMS = ('crestereo_ros', 'training', 'launch', 'docs', 'demo', 'benchmarks', 'test')

# Names of imports in package.xml, if they differ.
ROSDEP_KEYS = {
    'numpy': 'python3-numpy',
    'cv2': 'python3-opencv',
    'onnxruntime': 'python3-onnxruntime-pip',
    'yaml': 'python3-yaml',
}
# These depend on the use, so the user chooses: the extras of setup.py.
PIP_ONLY = {
    *('av', 'fsspec', 'lz4', 'matplotlib', 'mcap', 'onnx', 'pillow_heif', 'ray'),
    *('rerun', 'rosbags', 'safetensors', 'skimage', 'spox', 'yt_dlp', 'zstandard'),
}
OPTIONAL = {'rviz2'}  # needs a desktop, which robots lack; launch files say if it is missing
# Only in a ROS distribution.
WITHOUT_WHEEL = {'cv_bridge', 'launch', 'launch_ros', 'rosbag2_interfaces', 'tf2_msgs'}


def python_files(*rooms: str) -> list[Path]:
    return [ROOT / 'setup.py'] + [path for room in rooms for path in (ROOT / room).rglob('*.py')]


def imports(path: Path) -> set[str]:
    """Return the top-level names of all imports in a file."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return {name.partition('.')[0] for name in names}


@pytest.fixture(scope='module')
def manifest() -> ElementTree.Element:
    return ElementTree.parse(ROOT / 'package.xml').getroot()


@pytest.fixture(scope='module')
def imported() -> set[str]:
    """Return the third-party imports of the installed files."""
    names = set().union(*map(imports, python_files('crestereo_ros', 'launch')))
    return names - sys.stdlib_module_names - {'crestereo_ros', 'setuptools'}


def test_manifest_and_setup_agree(manifest):
    installed = metadata('crestereo_ros')
    assert manifest.get('format') == '3'
    # Old releases of setuptools, such as 65, write hyphens.
    assert manifest.findtext('name') == installed['Name'].replace('-', '_')
    for tag, field in [
        ('version', 'Version'),
        ('description', 'Summary'),
        ('license', 'License'),
        ('maintainer', 'Maintainer'),
    ]:
        assert manifest.findtext(tag) == installed[field]
    assert manifest.find('maintainer').get('email') == installed['Maintainer-email']
    assert (ROOT / manifest.find('license').get('file')).is_file()


def test_manifest_declares_what_is_imported_or_started(manifest, imported):
    declared = {element.text for element in manifest.findall('exec_depend')}
    imports = {ROSDEP_KEYS.get(name, name) for name in imported - PIP_ONLY}
    assert imports | started() - {'crestereo_ros', *OPTIONAL} == declared


def started() -> set[str]:
    """Return the packages whose executables the launch files start."""
    return {
        keyword.value.value
        for path in (ROOT / 'launch').glob('*.py')
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, 'id', None) == 'Node'
        for keyword in call.keywords
        if keyword.arg == 'package'
    }


def test_the_ros_extra_has_the_wheels_of_all_imports(imported):
    ros = imported - PIP_ONLY - WITHOUT_WHEEL - set(ROSDEP_KEYS)
    wheels = {
        re.match(r'ros-kilted-([\w-]+)', requirement)[1].replace('-', '_')
        for requirement in requires('crestereo_ros')
        if requirement.startswith('ros-') and 'extra == "ros"' in requirement.replace("'", '"')
    }
    assert wheels == ros


@pytest.mark.parametrize('name', ['crestereo', 'stereo_depth_node', 'stereo_player_node'])
def test_console_scripts_can_be_loaded(name):
    (script,) = entry_points(group='console_scripts', name=name)
    assert callable(script.load())


def test_colcon_installs_everything_and_nothing_else(tmp_path):
    """Run the commands that colcon runs for an ament_python package."""
    base, files = tmp_path / 'base', tmp_path / 'files'
    egg_info = ['egg_info', '--egg-base', str(tmp_path)]
    build = ['build', '--build-base', str(tmp_path / 'build')]
    install = ['install', '--single-version-externally-managed']
    install += ['--prefix', str(base), '--record', str(files)]
    command = [sys.executable, 'setup.py', '-q', *egg_info, *build, *install]
    subprocess.run(command, cwd=ROOT, check=True)

    share = base / 'share/crestereo_ros'
    assert (base / 'share/ament_index/resource_index/packages/crestereo_ros').is_file()
    assert (share / 'package.xml').is_file()
    for folder in ('launch', 'config', 'models'):
        assert listing(share / folder) == listing(ROOT / folder), f'{folder}/ is not installed'
    scripts = {'crestereo', 'stereo_depth_node', 'stereo_player_node'}
    assert {path.name for path in (base / 'lib/crestereo_ros').iterdir()} == scripts
    (library,) = base.glob('**/site-packages')
    assert listing(library / 'crestereo_ros') == listing(ROOT / 'crestereo_ros')
    others = {path.name for path in library.iterdir() if path.suffix != '.egg-info'}
    assert others == {'crestereo_ros'}


def listing(folder: Path) -> set[Path]:
    return {
        path.relative_to(folder)
        for path in folder.rglob('*')
        if path.is_file() and path.suffix != '.pyc'
    }


def test_files_name_their_licence():
    files = python_files(*ROOMS)
    assert len(files) > 400
    assert [path for path in files if not path.read_text().startswith(HEADER)] == []
