# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
The actions of the launch files.

`launch` stops no process that it is about to start when a later action fails, so the launch files
evaluate every argument before the first process: these functions take the context and raise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from launch import LaunchContext
from launch.action import Action
from launch.actions import DeclareLaunchArgument, Shutdown, TimerAction
from launch.events.process import ProcessExited
from launch.substitutions import SubstitutionFailure
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import ExecutableInPackage
from rclpy.exceptions import InvalidTopicNameException
from rclpy.validate_topic_name import validate_topic_name

from crestereo_ros.launching.arguments import flag, LaunchArgumentError, parameter_value
from crestereo_ros.launching.cameras import thread_share
from crestereo_ros.launching.parameter_files import parameters_in
from crestereo_ros.parameters import ParameterDeclaration

# An item for each node of a launch that has not failed.
_RUNNING: WeakKeyDictionary[LaunchContext, list[bool]] = WeakKeyDictionary()


def parameter_arguments(
    declarations: Iterable[ParameterDeclaration], file_argument: str
) -> list[DeclareLaunchArgument]:
    """
    Declare an argument for each parameter of a node.

    :param file_argument: name of the argument with the YAML file that holds where a parameter's
        own argument is left out
    """
    return [
        DeclareLaunchArgument(
            x.name, default_value='', description=f'{x.text} Default: as in {file_argument}.'
        )
        for x in declarations
    ]


def node_parameters(
    context: LaunchContext,
    declarations: Iterable[ParameterDeclaration],
    file_argument: str,
    node: str,
    check: Callable[[Mapping[str, Any]], object],
) -> list[Any]:
    """
    Evaluate the parameters of a node.

    :param node: its full name
    :param check: called with the values of the file and of the arguments; raises
        LaunchArgumentError
    :returns: what `launch_ros.actions.Node` takes as `parameters`: the YAML file, and the
        parameters that were given as arguments
    :raises LaunchArgumentError: if one of them cannot be used, or there is no such file
    """
    given, values = {}, {}
    for declaration in declarations:
        text = context.launch_configurations[declaration.name]
        if text:
            value = values[declaration.name] = parameter_value(declaration, text)
            # launch_ros reads a bare string as YAML.
            given[declaration.name] = ParameterValue(value, value_type=declaration.value_type)
    path = existing_file(context, file_argument)
    check({**parameters_in(file_argument, path, node), **values})
    return [path, given]


def threads_of_each(
    context: LaunchContext, cameras: int, file_argument: str, node: str
) -> list[dict[str, int]]:
    """
    Return the threads of each depth node of several, unless they are given.

    :param node: full name of this one
    :returns: more of what `launch_ros.actions.Node` takes as `parameters`
    :raises LaunchArgumentError: if the file with parameters cannot be read
    """
    if cameras == 1 or context.launch_configurations['threads']:
        return []
    path = existing_file(context, file_argument)
    if parameters_in(file_argument, path, node).get('threads'):
        return []
    return [{'threads': thread_share(cameras)}]


def node_name(namespace: str, name: str) -> str:
    """Return the full name of a node."""
    return f'/{namespace.strip("/")}/{name}'.replace('//', '/')


def existing_file(context: LaunchContext, name: str) -> str:
    """
    Return the path that an argument names.

    :raises LaunchArgumentError: if there is no such file
    """
    path = context.launch_configurations[name]
    if not Path(path).is_file():
        raise LaunchArgumentError(f"{name} '{path}' is not a file")
    return path


def topic_name(argument: str, topic: str) -> str:
    """
    Return the name of a topic, as it is.

    :param argument: that the topic comes from
    :raises LaunchArgumentError: if no topic can be called so
    """
    try:
        validate_topic_name(topic)
    except InvalidTopicNameException as error:
        reason = ' '.join(str(error).split())
        raise LaunchArgumentError(f'{argument}: {reason}') from error
    return topic


def is_set(context: LaunchContext, name: str) -> bool:
    """
    Return whether an argument is true.

    :raises LaunchArgumentError: if it is neither true nor false
    """
    return flag(name, context.launch_configurations[name])


def check_rviz(context: LaunchContext) -> None:
    """
    Check that RViz is installed.

    :raises LaunchArgumentError: if it is not
    """
    try:
        ExecutableInPackage(package='rviz2', executable='rviz2').perform(context)
    except (LookupError, SubstitutionFailure) as error:
        raise LaunchArgumentError(
            'rviz:=true needs the package rviz2: install it, or leave rviz out'
        ) from error


def ending(
    context: LaunchContext, delay: float = 0.0
) -> Callable[[ProcessExited, LaunchContext], Action | None]:
    """
    Return what a node takes as `on_exit` to end the launch with itself.

    A node that fails makes the launch fail. `keep_running:=true` keeps the other nodes; then the
    launch fails once all of its nodes have.

    :param delay: seconds that the others still have when the node has ended without a failure
    """
    keep_running = is_set(context, 'keep_running')  # now: arguments are scoped
    running = _RUNNING.setdefault(context, [])
    running.append(True)

    def on_exit(event: ProcessExited, context: LaunchContext) -> Action | None:
        if context.is_shutdown:
            return None
        if event.returncode:
            running.pop()
        if keep_running and (running or not event.returncode):
            return None
        if event.returncode:  # an exception is what makes `ros2 launch` return 1
            raise RuntimeError(f'{event.process_name} ended with exit code {event.returncode}')
        end = Shutdown(reason=f'{event.process_name} has ended')
        return TimerAction(period=delay, actions=[end]) if delay else end

    return on_exit
