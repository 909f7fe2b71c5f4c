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
import time

import cv2
import numpy as np
import pytest
import yaml

rclpy = pytest.importorskip('rclpy', reason='needs ROS 2')
from stereo_msgs.msg import DisparityImage  # noqa: E402

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

    def constant(self, name: str) -> ast.Dict:
        """Return the value of a constant of the module."""
        for statement in self._tree.body:
            if isinstance(statement, ast.Assign) and statement.targets[0].id == name:
                return statement.value
        raise AssertionError(f'{self.path} has no {name}')

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
    topics = set(ast.literal_eval(depth.constant('TOPICS')))
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
        remapped = set(ast.literal_eval(launch_file.constant('TOPICS')).values())
    else:
        pairs = launch_file.own_node()['remappings'].elts
        remapped = {pair.elts[0].value for pair in pairs}
    assert remapped <= set(topics)


def test_rviz_shows_topics_that_there_are(name, topics):
    content = yaml.safe_load((ROOT / f'config/{name}.rviz').read_text())
    displays = content['Visualization Manager']['Displays']
    shown = {display['Topic']['Value'].lstrip('/') for display in displays}
    assert all(display['Class'] == 'rviz_default_plugins/Image' for display in displays)
    assert shown == {'left/image_rect', 'disparity/image_color'}
    if name == 'stereo_depth':
        assert all(topics[topic] == ['sensor_msgs/msg/Image'] for topic in shown)
        (rviz,) = (x for x in LaunchFile(name).calls('Node') if x['package'].value == 'rviz2')
        remapped = {pair.elts[0].value.lstrip('/') for pair in rviz['remappings'].elts}
        assert remapped == shown


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
        ('rviz:=maybe', "rviz must be true or false, not 'maybe'"),
        ('keep_running:=maybe', "keep_running must be true or false, not 'maybe'"),
        ('params_file:=/nowhere', "params_file '/nowhere' is not a file"),
        ('player_params_file:=/nowhere', "player_params_file '/nowhere' is not a file"),
        ('namespace:=/not?valid', 'Invalid namespace'),
    ],
)
def test_unusable_argument_is_named_before_anything_starts(run_launch, argument, error):
    launch = run_launch('stereo_player', *PAIR, argument)
    assert launch.error().startswith(error)
    assert launch.code == 1
    assert not launch.started


def test_without_rviz_nothing_starts(run_launch):
    prefixes = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
    if any(Path(x, 'share/ament_index/resource_index/packages/rviz2').exists() for x in prefixes):
        pytest.skip('RViz is installed')
    launch = run_launch('stereo_player', *PAIR, 'rviz:=true')
    assert launch.error().startswith('rviz:=true needs the package rviz2')
    assert launch.code == 1
    assert not launch.started


def test_rviz_gets_its_configuration_frame_and_topics(run_launch, prefix, tmp_path):
    """RViz needs a screen, so a program that writes down its arguments takes its place."""
    (tmp_path / 'share/ament_index/resource_index/packages').mkdir(parents=True)
    (tmp_path / 'share/ament_index/resource_index/packages/rviz2').touch()
    program = tmp_path / 'lib/rviz2/rviz2'
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$*" > "$0.arguments"\n')
    program.chmod(0o755)
    run_launch('stereo_player', *PAIR, 'rviz:=true', 'frame_id:=head', 'wait_for_subscribers:=0.1')
    line = program.with_suffix('.arguments').read_text()
    assert f'-d {prefix}/share/crestereo_ros/config/stereo_player.rviz -f head' in line
    assert '-r /left/image_rect:=left/image_rect' in line
    assert '-r /disparity/image_color:=disparity/image_color' in line


def test_launch_ends_with_the_source(run_launch):
    launch = run_launch('stereo_player', *PAIR, 'wait_for_subscribers:=0.1', 'namespace:=robot')
    assert launch.code == 0
    assert '1 pair(s) published' in launch.output
    assert launch.output.count('process has finished cleanly') == 2


@pytest.mark.parametrize(
    ('argument', 'node'), [('provider:=none', 'stereo_depth'), ('stamps:=none', 'stereo_player')]
)
def test_launch_fails_with_a_node(run_launch, argument, node):
    launch = run_launch('stereo_player', *PAIR, 'loop:=true', argument)
    assert launch.error().startswith(f'{node}_node-')
    assert launch.error().endswith('ended with exit code 1')
    assert launch.code == 1


def test_the_others_are_kept_when_told_so(run_launch):
    launch = run_launch(
        'stereo_player', *PAIR, 'provider:=none', 'keep_running:=true', 'wait_for_subscribers:=2'
    )
    assert '1 pair(s) published' in launch.output  # after the depth node had died
    assert launch.code == 0
