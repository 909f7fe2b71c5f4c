# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The images of one camera, received only while they are needed."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription

from crestereo_ros.nodes.incompatible_publishers import incompatible_publishers
from crestereo_ros.nodes.qos_overrides import overridable

CHECKS_UNTIL_RELIABLE = 3  # in a row, so that a publisher that comes and goes has no effect


class ImageSubscription:
    """
    A subscription to images that can be opened and closed. It starts closed.

    It is reliable, so that large images get through. It is best effort as long as a publisher
    offers nothing better, because a reliable subscription would not receive that publisher.

    Attributes: `kind`, the type of the messages; `topic`, the full name.
    """

    def __init__(
        self,
        node: Node,
        kind: type[Any],
        topic: str,
        callback: Callable[..., None],
        depth: int = 5,
    ) -> None:
        """
        Declare the QoS overrides of the topic.

        :param callback: called with each message, of type `kind`, and with the message info
            if it takes two arguments
        :param depth: queue size
        """
        self.kind = kind
        self._node = node
        self._name = topic
        self._callback = callback
        self._reliable_checks = 0
        # Subscribing declares the QoS overrides and writes them into the profile.
        self._qos = QoSProfile(depth=depth, reliability=ReliabilityPolicy.RELIABLE)
        with overridable(node, topic) as options:
            self._subscription: Subscription | None = self._subscribe(options)
        self.topic: str = self._subscription.topic_name
        self._adapts = self._qos.reliability == ReliabilityPolicy.RELIABLE
        self.close()

    @property
    def is_open(self) -> bool:
        return self._subscription is not None

    @property
    def reliability(self) -> str:
        """The reliability of the subscription; while closed, that of the next one."""
        return self._qos.reliability.name.lower()

    @property
    def incompatible(self) -> list[str]:
        """The publishers that cannot be received, each with the reason."""
        return incompatible_publishers(self._node, self.topic, self.kind, self._qos)

    def open(self) -> None:
        """Subscribe."""
        if self._subscription is None:
            self.follow_publishers()
            self._subscription = self._subscribe()

    def close(self) -> None:
        """Unsubscribe."""
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None

    def follow_publishers(self) -> None:
        """Change to best effort if a publisher offers nothing better, and back when all do."""
        if not self._adapts:
            return
        offers = [
            (publisher.qos_profile.reliability, publisher.node_name)
            for publisher in self._node.get_publishers_info_by_topic(self.topic)
        ]
        all_reliable = all(offer == ReliabilityPolicy.RELIABLE for offer, _ in offers)
        self._reliable_checks = self._reliable_checks + 1 if offers and all_reliable else 0
        if self._qos.reliability == ReliabilityPolicy.RELIABLE:
            lesser = [name for offer, name in offers if offer == ReliabilityPolicy.BEST_EFFORT]
            if lesser:
                self._change(ReliabilityPolicy.BEST_EFFORT)
                self._node.get_logger().warning(
                    f'{lesser[0]} publishes {self.topic} as best effort, so it is received as '
                    'best effort. Large images may get lost that way: set the publisher to '
                    'reliable if you can'
                )
        elif self._reliable_checks >= CHECKS_UNTIL_RELIABLE:
            self._change(ReliabilityPolicy.RELIABLE)
            self._node.get_logger().info(
                f'{self.topic} is published reliably now, so it is received reliably again'
            )

    def _change(self, reliability: ReliabilityPolicy) -> None:
        self._qos = copy(self._qos)
        self._qos.reliability = reliability
        if self._subscription is not None:
            self.close()
            self._subscription = self._subscribe()

    def _subscribe(self, overridable: QoSOverridingOptions | None = None) -> Subscription:
        return self._node.create_subscription(
            self.kind, self._name, self._callback, self._qos, qos_overriding_options=overridable
        )
