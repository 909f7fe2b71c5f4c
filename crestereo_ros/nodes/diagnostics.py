# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Messages on /diagnostics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node


def array_of(
    node: Node,
    part: str,
    level: bytes,
    message: str,
    values: Mapping[str, Any],
    hardware_id: str,
) -> DiagnosticArray:
    """
    Return a diagnostic_msgs/DiagnosticArray with the current status of one part of a node.

    :param level: a level of `DiagnosticStatus`
    :param hardware_id: what the part runs on or reads from
    """
    status = DiagnosticStatus(
        name=f'{node.get_fully_qualified_name()[1:]}: {part}',
        level=level,
        message=message,
        hardware_id=hardware_id,
        values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
    )
    array = DiagnosticArray(status=[status])
    array.header.stamp = node.get_clock().now().to_msg()
    return array
