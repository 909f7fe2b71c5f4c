# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
The launch files fit the nodes, check their arguments before they start anything, and end together.

Where there is the launch library of a ROS distribution they are run by it. What has no need of it
is read from the files.
"""

import ast
import os
from pathlib import Path
import re
import time
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

rclpy = pytest.importorskip('rclpy', reason='needs ROS 2')
from stereo_msgs.msg import DisparityImage  # noqa: E402

from crestereo_ros.launching.cameras import thread_share, TOPICS  # noqa: E402
from crestereo_ros.nodes.depth.stereo_depth_node import StereoDepthNode  # noqa: E402
from crestereo_ros.nodes.player.stereo_player_node import StereoPlayerNode  # noqa: E402
from crestereo_ros.parameters import DEPTH_PARAMETERS, PLAYER_PARAMETERS  # noqa: E402

ROOT = Path(__file__).parents[2]
TIMEOUT = 30.0  # seconds; only reached by a failure
NODES = {'stereo_depth': StereoDepthNode, 'stereo_player': StereoPlayerNode}
PARAMETERS = {'stereo_depth': DEPTH_PARAMETERS, 'stereo_player': PLAYER_PARAMETERS}
# The functions that take the name of an argument, and in which place.
ARGUMENT_OF = {'LaunchConfiguration': 0, 'is_set': 1, 'existing_file': 1, 'node_parameters': 2}
PAIR = [
    f'{name}:={ROOT / "demo/data" / file}'
    for name, file in (('source', 'left.png'), ('source_right', 'right.png'))
]

CALIBRATION = """
image_width: 32
image_height: 16
camera_matrix: {data: [9, 0, 16, 0, 9, 8, 0, 0, 1]}
distortion_coefficients: {data: [0, 0, 0, 0, 0]}
rectification_matrix: {data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix: {data: [9, 0, 16, 0, 0, 9, 8, 0, 0, 0, 1, 0]}
"""


class LaunchFile:
    """What a launch file says, as far as it can be read without running it."""

    def __init__(self, name: str):
        self.path = ROOT / 'launch' / f'{name}.launch.py'
        self._tree = ast.parse(self.path.read_text())

    def calls(self, name: str) -> list[dict[str, ast.expr]]:
        """Return the keyword arguments of all calls of a function."""
        return [
            {keyword.arg: keyword.value for keyword in call.keywords}
            for call in ast.walk(self._tree)
            if isinstance(call, ast.Call) and getattr(call.func, 'id', None) == name
        ]

    def own_node(self) -> dict[str, ast.expr]:
        """Return the arguments of the one Node of this package."""
        nodes = [c for c in self.calls('Node') if c['package'].value == 'crestereo_ros']
        assert len(nodes) == 1
        return nodes[0]

    def arguments(self) -> set[str]:
        """Return the names of all arguments that are declared outside of loops."""
        declared = (
            call.args[0]
            for call in ast.walk(self._tree)
            if isinstance(call, ast.Call)
            and getattr(call.func, 'id', '') == 'DeclareLaunchArgument'
        )
        return {name.value for name in declared if isinstance(name, ast.Constant)}

    def used(self) -> set[str]:
        """Return the names of all arguments whose values are used."""
        names = [node.slice for node in ast.walk(self._tree) if isinstance(node, ast.Subscript)]
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call) and getattr(node.func, 'id', '') in ARGUMENT_OF:
                names.append(node.args[ARGUMENT_OF[node.func.id]])
        return {name.value for name in names if isinstance(name, ast.Constant)}


@pytest.fixture(scope='module', params=NODES)
def name(request):
    return request.param


@pytest.fixture(scope='module')
def launch_file(name):
    return LaunchFile(name)


@pytest.fixture(scope='module')
def node(name, tmp_path_factory):
    """Make the real node, never spun, with its default parameters but for the source."""
    source = tmp_path_factory.mktemp('source') / 'both.png'
    cv2.imwrite(str(source), np.zeros((16, 32, 3), np.uint8))
    calibration = source.with_name('calibration.yaml')
    calibration.write_text(CALIBRATION)
    arguments = ['--ros-args']
    if name == 'stereo_player':
        files = {'source': source, 'source_right': source}
        # Without these there are no topics for them.
        files |= dict.fromkeys(('camera_info_left', 'camera_info_right'), calibration)
        for key, path in files.items():
            arguments += ['-p', f'{key}:={path}']
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'OFF')
        rclpy.init(args=arguments)
    node = NODES[name]()
    yield node
    node.close()
    node.destroy_node()
    rclpy.try_shutdown()


def test_executables_are_installed(name, launch_file):
    executable = launch_file.own_node()['executable'].value
    assert executable == f'{name}_node'
    assert f"'{executable} = " in (ROOT / 'setup.py').read_text()


def test_nodes_have_the_names_they_have_without_launch(name, launch_file, node):
    assert launch_file.own_node()['name'].value == node.get_name() == name


def test_every_argument_is_declared_and_used():
    depth, player = (LaunchFile(name) for name in NODES)
    topics = {*TOPICS, *TOPICS.values()}
    parameters = {declaration.name for declaration in PLAYER_PARAMETERS}
    assert depth.used() - topics == depth.arguments()
    assert player.used() <= player.arguments() | depth.arguments() | topics | parameters
    # What the player's file does not use itself is a default for the file that it includes.
    assert player.arguments() - player.used() <= depth.arguments()


def topics_of(node, kind):
    """Return the topics that a node publishes or subscribes, relative to its namespace."""
    ask = getattr(node, f'get_{kind}_names_and_types_by_node')
    return {topic.lstrip('/'): types for topic, types in ask(node.get_name(), '/')}


@pytest.fixture(scope='module')
def topics(name, node):
    """Return the topics of the node, with their types, while somebody looks at its results."""
    viewer = rclpy.create_node('viewer')
    viewer.create_subscription(DisparityImage, 'disparity', lambda message: None, 1)
    kind = 'subscriber' if name == 'stereo_depth' else 'publisher'
    end = time.monotonic() + TIMEOUT
    while 'left/image' not in str(topics_of(node, kind)) and time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=0.1)
    yield topics_of(node, 'subscriber') | topics_of(node, 'publisher')
    viewer.destroy_node()


def test_remapped_topics_are_topics_of_the_node(name, launch_file, topics):
    if name == 'stereo_depth':
        remapped = set(TOPICS.values())
    else:
        pairs = launch_file.own_node()['remappings'].elts
        remapped = {pair.elts[0].value for pair in pairs}
    assert remapped <= set(topics)


def test_every_parameter_is_an_argument(name, launch_file):
    pytest.importorskip('launch_ros', reason='needs launch_ros of a ROS distribution')
    from launch import LaunchContext
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    source = PythonLaunchDescriptionSource(str(launch_file.path))
    arguments = source.get_launch_description(LaunchContext()).get_launch_arguments()
    descriptions = {argument.name: argument.description for argument in arguments}
    for declaration in PARAMETERS[name]:
        assert descriptions[declaration.name].startswith(declaration.text)


@pytest.mark.parametrize(
    ('argument', 'error'),
    [
        ('rate:=abc', "rate must be a number, not 'abc'"),
        ('threads:=many', "threads must be a whole number, not 'many'"),
        ('resolution:=large', 'resolution "large" is not HEIGHTxWIDTH'),
        ('model:=nosuch', "there is no model 'nosuch'"),
        ('model:=/no/such.onnx', 'model file /no/such.onnx'),
        ('provider:=gpu', "there is no provider 'gpu', only auto, cpu"),
        ('color_map:=rainbow', "color_map 'rainbow' is not one of turbo, jet"),
        ('stamps:=none', "stamps 'none' is not one of wall, video"),
        ('left_image:=/a b', 'left_image: Invalid topic name'),
        ('color_range:=9,1', 'color_range "9,1" is neither auto nor'),
        ('rviz:=maybe', "rviz must be true or false, not 'maybe'"),
        ('keep_running:=maybe', "keep_running must be true or false, not 'maybe'"),
        ('params_file:=/nowhere', "params_file '/nowhere' is not a file"),
        ('player_params_file:=/nowhere', "player_params_file '/nowhere' is not a file"),
        ('namespace:=/not?valid', 'Invalid namespace'),
        ('camera:=oak', 'camera is for live cameras: use it with stereo_depth.launch.py'),
        ('cameras:=[front]', 'cameras is for live cameras: use it with stereo_depth.launch.py'),
    ],
)
def test_unusable_argument_is_named_before_anything_starts(run_launch, argument, error):
    launch = run_launch('stereo_player', *PAIR, argument)
    assert launch.error().startswith(error)
    assert launch.code == 1
    assert not launch.started


@pytest.mark.parametrize(
    ('arguments', 'error'),
    [
        (
            ['camera:=webcam'],
            'camera must be one of oak, orbbec, realsense, two_csi, two_libcamera, two_usb, zed',
        ),
        (['consumer:=octomap'], 'consumer must be one of nav2, nvblox, rtabmap'),
        (['cameras:=[front, ?]'], 'cameras must be names of letters, digits and _'),
        (
            ['cameras:=[front, rear]', 'right_image:=/right'],
            "right_image '/right' would be the topic of all cameras",
        ),
        (['left_image:=/{name}/left'], "left_image '/{name}/left' has {name} in it"),
        (['left_image:=/my camera/left'], 'left_image: Invalid topic name'),
        (
            ['cameras:=[front, rear]', f'params_file:={ROOT / "demo/data/left.png"}'],
            f'params_file {ROOT / "demo/data/left.png"} cannot be read',
        ),
    ],
)
def test_unusable_camera_is_named_before_anything_starts(run_launch, arguments, error):
    launch = run_launch('stereo_depth', *arguments)
    assert launch.error().startswith(error)
    assert launch.code == 1
    assert not launch.started


@pytest.fixture
def rviz(tmp_path):
    """Put a program in the place of RViz, which needs a screen; it writes down its arguments."""
    (tmp_path / 'share/ament_index/resource_index/packages').mkdir(parents=True)
    (tmp_path / 'share/ament_index/resource_index/packages/rviz2').touch()
    program = tmp_path / 'lib/rviz2/rviz2'
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$*" >> "$0.arguments"\n')
    program.chmod(0o755)
    return program.with_suffix('.arguments')


def test_without_rviz_nothing_starts(run_launch):
    prefixes = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
    if any(Path(x, 'share/ament_index/resource_index/packages/rviz2').exists() for x in prefixes):
        pytest.skip('RViz is installed')
    launch = run_launch('stereo_player', *PAIR, 'rviz:=true')
    assert launch.error().startswith('rviz:=true needs the package rviz2')
    assert launch.code == 1
    assert not launch.started


def test_rviz_gets_its_configuration_frame_and_topics(run_launch, prefix, rviz):
    run_launch('stereo_player', *PAIR, 'rviz:=true', 'frame_id:=head', 'wait_for_subscribers:=0.1')
    line = rviz.read_text()
    assert f'-d {prefix}/share/crestereo_ros/config/stereo_player.rviz -f head' in line
    assert '-r /left/image_rect:=left/image_rect' in line
    for view in (*ROOT.glob('config/*.rviz'), ROOT / 'config/foxglove.json'):
        for topic in set(
            re.findall(
                r'/(?:depth/image_rect|confidence|points2|disparity/\w+)$', view.read_text(), re.M
            )
        ):
            assert f'-r {topic}:={topic[1:]}' in line


@pytest.fixture
def unusable(tmp_path):
    """Name a model that makes a depth node end when it opens it."""
    path = tmp_path / 'unusable.onnx'
    path.write_text('none')
    return f'model:={path}'


def test_a_preset_is_the_default_of_the_other_arguments(run_launch, rviz, unusable):
    arguments = ['camera:=realsense', 'right_image:=mine', unusable, 'rviz:=true']
    run_launch('stereo_depth', *arguments)
    run_launch('stereo_depth', *arguments, 'camera_name:=head', 'namespace:=robot')
    unnamed, named = rviz.read_text().splitlines()
    assert '-f camera_infra1_optical_frame ' in unnamed
    assert '-r /left/image_rect:=/camera/camera/infra1/image_rect_raw ' in unnamed
    assert '-f head_infra1_optical_frame ' in named
    assert '-r /left/image_rect:=/head/head/infra1/image_rect_raw ' in named
    assert '-r __ns:=/robot ' in named


BRING_UP = """
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch_ros.substitutions import FindPackageShare
from launch.substitutions import PathJoinSubstitution

FILE = PathJoinSubstitution(
    [FindPackageShare('crestereo_ros'), 'launch', 'stereo_depth.launch.py']
)

def generate_launch_description():
    both = {'model': 'UNUSABLE', 'keep_running': 'true'}
    return LaunchDescription([
        IncludeLaunchDescription(FILE, launch_arguments={**both, **arguments}.items())
        for arguments in (
            {'camera': 'realsense', 'namespace': 'front', 'right_image': '/mine'},
            {'camera': 'zed', 'namespace': 'rear', 'iterations': '3'},
        )
    ])
"""


def test_two_includes_have_each_its_own_preset(run_launch, tmp_path, unusable):
    path = tmp_path / 'bring_up.launch.py'
    path.write_text(BRING_UP.replace('UNUSABLE', unusable.removeprefix('model:=')))
    launch = run_launch(path)
    starts = [line for line in launch.output.splitlines() if "cmd '" in line]
    front = next(line for line in starts if '__ns:=/front ' in line)
    rear = next(line for line in starts if '__ns:=/rear ' in line)
    assert '-r left/image_rect:=/camera/camera/infra1/image_rect_raw ' in front
    assert '-r left/image_rect:=/zed/zed_node/left/color/rect/image ' in rear
    # What the first was given, launch itself hands on to the second.
    assert '-r right/image_rect:=/mine ' in front and '-r right/image_rect:=/mine ' in rear
    warnings = [line for line in launch.output.splitlines() if 'although' in line]
    assert "right_image is '/mine', although camera:=zed would set it to" in warnings[-1]


def written_parameters(output: str) -> list[dict[str, Any]]:
    """Return what is in each file of parameters that a launch wrote for a node."""
    files = re.findall(r'--params-file (\S*launch_params_\w+)', output)
    contents = [yaml.safe_load(Path(file).read_text()) for file in files]
    return [node['ros__parameters'] for content in contents for node in content.values()]


def test_a_consumer_gets_its_topics_and_settings(run_launch, rviz, unusable):
    launch = run_launch('stereo_depth', 'consumer:=nvblox', unusable, 'rviz:=true')
    assert '-r depth/image_rect:=camera_0/depth/image ' in launch.output
    assert '-r /depth/image_rect:=camera_0/depth/image ' in rviz.read_text()
    launch = run_launch('stereo_depth', 'consumer:=nav2', unusable, 'max_depth:=5.0')
    assert "max_depth is '5.0', although consumer:=nav2 would set it to '8.0'" in launch.output
    (parameters,) = written_parameters(launch.output)
    assert parameters['point_cloud_stride'] == 4 and parameters['max_depth'] == 5.0


def test_every_camera_has_a_node_in_its_namespace(run_launch, rviz, unusable):
    launch = run_launch(
        'stereo_depth', 'camera:=zed', 'cameras:=[front, rear]', 'namespace:=robot', 'rviz:=true',
        unusable, 'keep_running:=true',
    )  # fmt: skip
    assert launch.code == 1  # all of its nodes have failed
    assert launch.output.count('unusable.onnx is not an ONNX file') == 2
    for line, name in zip(sorted(rviz.read_text().splitlines()), ('front', 'rear'), strict=True):
        assert f'-r __ns:=/robot/{name}' in line
        assert f'-f {name}_left_camera_frame_optical ' in line
        assert f'-r /left/image_rect:=/{name}/zed_node/left/color/rect/image ' in line
        assert '-r /points2:=points2' in line
        node = f'-r __node:=stereo_depth -r __ns:=/robot/{name} '
        assert node in launch.output
    # One file of what was given as arguments, and one of the share of the threads, for each.
    parameters = written_parameters(launch.output)
    assert sum('model' in given for given in parameters) == 2
    assert sum(given.get('threads') == thread_share(2) for given in parameters) == 2


@pytest.mark.parametrize('given', ['argument', 'file'])
def test_threads_that_are_given_are_kept(run_launch, tmp_path, given, unusable):
    params = tmp_path / 'params.yaml'
    model = unusable.replace(':=', ': ')
    params.write_text(f'/**: {{ros__parameters: {{threads: 1, {model}}}}}')
    arguments = {'argument': ['threads:=1', unusable], 'file': [f'params_file:={params}']}
    launch = run_launch('stereo_depth', 'cameras:=[front, rear]', *arguments[given])
    threads = {x['threads'] for x in written_parameters(launch.output) if 'threads' in x}
    assert threads == ({1} if given == 'argument' else set())


def test_launch_ends_with_the_source(run_launch):
    launch = run_launch('stereo_player', *PAIR, 'wait_for_subscribers:=0.1', 'namespace:=robot')
    assert launch.code == 0
    assert '1 pair(s) published' in launch.output
    assert launch.output.count('process has finished cleanly') == 2


@pytest.mark.parametrize(
    ('argument', 'node'), [('', 'stereo_depth'), ('source:=/no/such.png', 'stereo_player')]
)
def test_launch_fails_with_a_node(run_launch, unusable, argument, node):
    launch = run_launch('stereo_player', *PAIR, 'loop:=true', argument or unusable)
    assert launch.error().startswith(f'{node}_node-')
    assert launch.error().endswith('ended with exit code 1')
    assert launch.code == 1


def test_the_others_are_kept_when_told_so(run_launch, unusable):
    launch = run_launch(
        'stereo_player', *PAIR, unusable, 'keep_running:=true', 'wait_for_subscribers:=2'
    )
    assert '1 pair(s) published' in launch.output  # after the depth node had died
    assert launch.code == 0
