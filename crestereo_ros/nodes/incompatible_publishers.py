# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Publishers and subscriptions of one topic that cannot connect."""

from __future__ import annotations

from copy import copy

from rclpy.duration import Infinite
from rclpy.node import Node
from rclpy.qos import qos_check_compatible, QoSCompatibility, QoSProfile


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
    offered = f'{kind.__module__.split(".")[0]}/msg/{kind.__name__}'
    incompatible = []
    for subscription in node.get_subscriptions_info_by_topic(topic):
        name = f'{subscription.node_namespace.rstrip("/")}/{subscription.node_name}'
        if subscription.topic_type != offered:
            incompatible.append(f'{name} subscribes to {subscription.topic_type}, not {offered}')
            continue
        compatibility, reason = qos_check_compatible(qos, subscription.qos_profile)
        if compatibility == QoSCompatibility.ERROR:
            incompatible.append(f'{name} requests an incompatible QoS: {reason.strip(" ;")}')
    return incompatible


def incompatible_publishers(node: Node, topic: str, kind: type, qos: QoSProfile) -> list[str]:
    """
    Return the publishers that a subscription cannot receive, each with the reason.

    :param topic: full name
    :param kind: message type of the subscription
    """
    wanted = f'{kind.__module__.split(".")[0]}/msg/{kind.__name__}'
    incompatible = []
    for publisher in node.get_publishers_info_by_topic(topic):
        namespace = publisher.node_namespace.rstrip('/')
        name = f'{namespace}/{publisher.node_name}'
        if publisher.topic_type != wanted:
            incompatible.append(f'{name} publishes {publisher.topic_type}, not {wanted}')
            continue
        compatibility, reason = qos_check_compatible(publisher.qos_profile, qos)
        if compatibility == QoSCompatibility.ERROR:
            incompatible.append(f'{name} offers an incompatible QoS: {reason.strip(" ;")}')
    return incompatible
