# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Launch files and configuration hold what the nodes really have, and nothing else.

The launch files are read, not run: the launch library cannot be had without a ROS distribution.
Where there is one they are loaded as well.
"""

import ast
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

rclpy = pytest.importorskip('rclpy', reason='needs ROS 2')

from crestereo_ros.nodes.depth.stereo_depth_node import StereoDepthNode  # noqa: E402
from crestereo_ros.nodes.player.stereo_player_node import StereoPlayerNode  # noqa: E402

ROOT = Path(__file__).parents[2]
NODES = {'stereo_depth': StereoDepthNode, 'stereo_player': StereoPlayerNode}
STOP = {'stereo_depth': StereoDepthNode.close, 'stereo_player': StereoPlayerNode.stop}


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

    @property
    def parameters(self) -> dict[str, str]:
        """The node's parameters that are arguments, with the names of their types."""
        table = self.constant('PARAMETERS')
        return {
            ast.literal_eval(key): value.elts[0].id
            for key, value in zip(table.keys, table.values, strict=True)
        }

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
        """Return the names of all arguments that are declared."""
        names = {*self.parameters}
        for call in ast.walk(self._tree):
            if getattr(getattr(call, 'func', None), 'id', None) == 'DeclareLaunchArgument':
                (name,) = call.args
                if isinstance(name, ast.Constant):
                    names.add(name.value)
        return names

    def configurations(self) -> set[str]:
        """Return the names of all arguments that are used by name."""
        return {
            call.args[0].value
            for call in ast.walk(self._tree)
            if getattr(getattr(call, 'func', None), 'id', None) == 'LaunchConfiguration'
            and isinstance(call.args[0], ast.Constant)
        }


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
    STOP[name](node)
    node.destroy_node()
    rclpy.try_shutdown()


@pytest.fixture(scope='module')
def parameters(node):
    """Return the default values of the node's own parameters that are settings."""
    not_its_own = ('use_sim_time', 'start_type_description_service', 'qos_overrides')
    control = ('position',)  # of the player: to be set while it plays
    return {
        key: parameter.value
        for key, parameter in node.get_parameters_by_prefix('').items()
        if not key.startswith(not_its_own + control)
    }


def test_executables_are_installed(name, launch_file):
    executable = launch_file.own_node()['executable'].value
    assert executable == f'{name}_node'
    assert f"'{executable} = " in (ROOT / 'setup.py').read_text()


def test_nodes_have_the_names_they_have_without_launch(name, launch_file, node):
    assert launch_file.own_node()['name'].value == node.get_name() == name


def test_every_parameter_is_an_argument_of_its_type(launch_file, parameters):
    types = {key: type(value).__name__ for key, value in parameters.items()}
    assert launch_file.parameters == types


def test_the_configuration_holds_every_parameter_with_its_default(name, parameters):
    content = yaml.safe_load((ROOT / f'config/{name}.yaml').read_text())
    configured = content['/**']['ros__parameters']
    expected = dict(parameters)
    if name == 'stereo_player':
        files = ('source', 'source_right', 'camera_info_left', 'camera_info_right')
        expected |= dict.fromkeys(files, '')
    assert configured == expected
    assert {k: type(v) for k, v in configured.items()} == {k: type(v) for k, v in expected.items()}


def test_every_argument_has_an_effect():
    depth, player = (LaunchFile(name) for name in NODES)
    topics = ast.literal_eval(depth.constant('TOPICS'))
    # What is in a table is used by going through the table.
    assert depth.arguments() - {*depth.parameters} == depth.configurations() - {*topics}
    assert player.arguments() - {*player.parameters} <= player.configurations()
    # What the player's file uses beyond its own comes from the file that it includes.
    assert player.configurations() - player.arguments() <= {*topics} | depth.arguments()
    assert not player.arguments() & (depth.arguments() | {*topics})


def topics_of(node, kind):
    """Return the topics that a node publishes or subscribes, relative to its namespace."""
    ask = getattr(node, f'get_{kind}_names_and_types_by_node')
    return {topic.lstrip('/'): types for topic, types in ask(node.get_name(), '/')}


def test_remapped_topics_are_topics_of_the_node(name, launch_file, node):
    if name == 'stereo_depth':
        remapped = set(ast.literal_eval(launch_file.constant('TOPICS')).values())
        assert remapped <= set(topics_of(node, 'subscriber'))
    else:
        pairs = launch_file.own_node()['remappings'].elts
        assert {pair.elts[0].value for pair in pairs} <= set(topics_of(node, 'publisher'))


def test_rviz_shows_topics_that_there_are(name, node):
    content = yaml.safe_load((ROOT / 'config/stereo_depth.rviz').read_text())
    displays = content['Visualization Manager']['Displays']
    shown = {display['Topic']['Value'].lstrip('/') for display in displays}
    assert all(display['Class'] == 'rviz_default_plugins/Image' for display in displays)
    assert shown == {'left/image_rect', 'disparity/image_color'}
    if name == 'stereo_depth':
        topics = topics_of(node, 'publisher') | topics_of(node, 'subscriber')
        assert all(topics[topic] == ['sensor_msgs/msg/Image'] for topic in shown)
        remappings = LaunchFile(name).calls('Node')
        (rviz,) = (call for call in remappings if call['package'].value == 'rviz2')
        remapped = {pair.elts[0].value.lstrip('/') for pair in rviz['remappings'].elts}
        assert remapped == shown


def test_the_real_launch_loads_the_files(launch_file):
    pytest.importorskip('launch_ros', reason='needs launch_ros of a ROS distribution')
    from launch import LaunchContext
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    source = PythonLaunchDescriptionSource(str(launch_file.path))
    description = source.get_launch_description(LaunchContext())
    declared = {argument.name for argument in description.get_launch_arguments()}
    assert launch_file.arguments() <= declared
