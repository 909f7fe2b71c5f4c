# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Publishers and subscriptions of one topic that cannot connect."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from rclpy.duration import Infinite
from rclpy.node import Node
from rclpy.qos import qos_check_compatible, QoSCompatibility, QoSProfile

if TYPE_CHECKING:  # from Lyrical on, the module is rclpy.endpoint_info
    from rclpy.topic_endpoint_info import TopicEndpointInfo


def incompatible_subscriptions(node: Node, topic: str, kind: type, qos: QoSProfile) -> list[str]:
    """
    Return the subscriptions that cannot receive a publisher, each with the reason.

    :param topic: full name
    :param kind: message type of the publisher
    :param qos: of the publisher, which sets neither a deadline nor a lease
    """
    # Discovery gives those of subscriptions as infinite where they are not set, and the check
    # takes what is not set in a publisher for less than that.
    qos = copy(qos)
    qos.deadline = qos.liveliness_lease_duration = Infinite
    incompatible = []
    for subscription in node.get_subscriptions_info_by_topic(topic):
        if difference := _difference(subscription, kind):
            incompatible.append(f'{_name(subscription)} subscribes to {difference}')
        elif reason := _conflict(qos, subscription.qos_profile):
            incompatible.append(f'{_name(subscription)} requests an incompatible QoS: {reason}')
    return incompatible


def incompatible_publishers(node: Node, topic: str, kind: type, qos: QoSProfile) -> list[str]:
    """
    Return the publishers that a subscription cannot receive, each with the reason.

    :param topic: full name
    :param kind: message type of the subscription
    """
    incompatible = []
    for publisher in node.get_publishers_info_by_topic(topic):
        if difference := _difference(publisher, kind):
            incompatible.append(f'{_name(publisher)} publishes {difference}')
        elif reason := _conflict(publisher.qos_profile, qos):
            incompatible.append(f'{_name(publisher)} offers an incompatible QoS: {reason}')
    return incompatible


def _name(endpoint: TopicEndpointInfo) -> str:
    return f'{endpoint.node_namespace.rstrip("/")}/{endpoint.node_name}'


def _difference(endpoint: TopicEndpointInfo, kind: type) -> str:
    # Both types, if the endpoint has another one.
    name = f'{kind.__module__.split(".")[0]}/msg/{kind.__name__}'
    return f'{endpoint.topic_type}, not {name}' if endpoint.topic_type != name else ''


def _conflict(offered: QoSProfile, requested: QoSProfile) -> str:
    compatibility, reason = qos_check_compatible(offered, requested)
    return str(reason.strip(' ;')) if compatibility == QoSCompatibility.ERROR else ''
