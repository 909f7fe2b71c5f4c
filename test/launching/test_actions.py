# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the launch library makes of the arguments; the launch files' tests run them."""

import pytest
import yaml

pytest.importorskip('launch_ros', reason='needs launch_ros of a ROS distribution')

from launch import LaunchContext  # noqa: E402
from launch_ros.utilities import evaluate_parameters, normalize_parameters  # noqa: E402

from crestereo_ros.launching.actions import node_parameters, parameter_arguments  # noqa: E402
from crestereo_ros.launching.arguments import LaunchArgumentError  # noqa: E402
from crestereo_ros.launching.checks import check_player_parameters  # noqa: E402
from crestereo_ros.parameters import PLAYER_PARAMETERS  # noqa: E402


@pytest.fixture
def context(tmp_path):
    """Return a context in which every argument of the player has its default."""
    context = LaunchContext()
    for argument in parameter_arguments(PLAYER_PARAMETERS, 'params'):
        argument.execute(context)
    context.launch_configurations['params'] = str(tmp_path / 'params.yaml')
    (tmp_path / 'params.yaml').write_text('')
    return context


def evaluated(context):
    parameters = node_parameters(
        context, PLAYER_PARAMETERS, 'params', '/stereo_player', check_player_parameters
    )
    _, given = evaluate_parameters(context, normalize_parameters(parameters))
    return yaml.safe_load(yaml.safe_dump(given))


def test_arguments_left_out_leave_the_file_as_it_is(context):
    assert evaluated(context) == {}


def test_values_keep_their_types(context):
    given = {'source': '42', 'align': 'on', 'swap': 'true', 'resize': '0.5'}
    context.launch_configurations.update({**given, 'rate': '10', 'loop': 'yes'})
    assert evaluated(context) == {**given, 'rate': 10.0, 'loop': True}


def test_missing_file_is_named(context):
    context.launch_configurations['params'] = '/nowhere/params.yaml'
    with pytest.raises(LaunchArgumentError, match="^params '/nowhere/params.yaml' is not a file"):
        evaluated(context)


def test_the_file_counts_with_the_arguments(context, tmp_path):
    (tmp_path / 'params.yaml').write_text('/**: {ros__parameters: {camera_info_right: r.yaml}}')
    with pytest.raises(LaunchArgumentError, match='^camera_info_right is given, but'):
        evaluated(context)
    context.launch_configurations['camera_info_left'] = 'l.yaml'
    assert evaluated(context) == {'camera_info_left': 'l.yaml'}
