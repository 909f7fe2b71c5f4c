# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The quality of service of a topic, which parameters can override."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rcl_interfaces.msg import SetParametersResult
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos_overriding_options import InvalidQosOverridesError, QoSOverridingOptions

from crestereo_ros.nodes.parameters import ParameterError


@contextmanager
def overridable(node: Node, topic: str) -> Iterator[QoSOverridingOptions]:
    """
    Give options for a publisher or subscription, made in this context, whose QoS is overridable.

    History, depth and reliability can be overridden.

    :param topic: as given to the publisher or subscription
    :raises ParameterError: if an override cannot be used
    """

    def check(qos: QoSProfile) -> SetParametersResult:
        if qos.depth >= 0:  # rcl reads a negative depth as a huge one
            return SetParametersResult(successful=True)
        return SetParametersResult(
            successful=False, reason=f'depth must be 0 or more: {qos.depth}'
        )

    try:
        yield QoSOverridingOptions.with_default_policies(callback=check)
    except (InvalidQosOverridesError, RuntimeError) as error:  # rclpy and rcl raise the latter
        reason = ' '.join(str(error).split())
        raise ParameterError(
            f'qos_overrides.{node.resolve_topic_name(topic)} cannot be used: {reason}'
        ) from error
