# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Warns of unused arguments of a node's process, such as misspelt parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
import sys

from rclpy.node import Node
from rclpy.utilities import remove_ros_args


def warn_of_unused_arguments(node: Node, args: Sequence[str] | None) -> None:
    """
    Log a warning for each argument that ROS accepts but nothing uses.

    :param args: as for `rclpy.init`; None for those of this process
    """
    declared = set(node.get_parameters_by_prefix(''))
    for name in sorted(set(node._parameter_overrides) - declared):
        if name.startswith('qos_overrides.'):  # a topic may declare it later
            continue
        node.get_logger().warning(
            f'There is no parameter {name}, so its value is not used{_nearest(name, declared)}'
        )
    for argument in _outside_ros_args(sys.argv[1:] if args is None else args):
        name = argument.lstrip('-').replace('-', '_').partition(':=')[0].partition('=')[0]
        nearest = _nearest(name, declared)
        # ROS still accepts name:=value as a remapping, which it may well be.
        if nearest or argument in remove_ros_args([argument]):
            node.get_logger().warning(
                f'The argument {argument} is not used: parameters go after --ros-args, as in '
                f'--ros-args -p name:=value{nearest}'
            )


def _outside_ros_args(args: Iterable[str]) -> Iterator[str]:
    inside = False
    for argument in args:
        if argument == '--ros-args':
            inside = True
        elif argument == '--' and inside:
            inside = False
        elif not inside:
            yield argument


def _nearest(name: str, names: Iterable[str]) -> str:
    nearest = get_close_matches(name, names, 1)
    return f'. Did you mean {nearest[0]}?' if nearest else ''
