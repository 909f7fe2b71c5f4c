# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Publishers whose messages do not arrive although they are on the right topic."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.qos import qos_check_compatible, QoSCompatibility, QoSProfile


def incompatible_publishers(node: Node, topic: str, kind: type, qos: QoSProfile) -> list[str]:
    """
    Return the publishers that a subscription receives nothing from, each with the reason.

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
            incompatible.append(f'{name} has an incompatible QoS: {reason.strip(" ;")}')
    return incompatible
