# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The base of all outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from rclpy.lifecycle import LifecycleNode, LifecyclePublisher

from crestereo_ros.nodes.depth.publication import Publication
from crestereo_ros.nodes.incompatible_publishers import incompatible_subscriptions
from crestereo_ros.nodes.qos_overrides import overridable


class Output(ABC):
    """
    A topic of results.

    A subclass names the topic and makes the messages. It is listed in `OUTPUTS`, and nowhere else.
    The node matches pairs while any output has a subscriber, and publishes on those that do.
    """

    topic: ClassVar[str]  # relative, before remapping
    message_type: ClassVar[type]
    needs_calibration: ClassVar[bool] = False  # whether nothing is published without one

    def __init__(self, node: LifecycleNode) -> None:
        """
        Make the publisher: reliable, with a depth of 5, unless overridden.

        It publishes while the node is active.
        """
        self._node = node
        self.published = 0  # bytes of what was published, without headers
        self.message_bytes = 0  # of the latest message
        with overridable(node, self.topic) as options:
            self._publisher: LifecyclePublisher[Any] = node.create_lifecycle_publisher(
                self.message_type, self.topic, 5, qos_overriding_options=options
            )

    @property
    def full_topic(self) -> str:
        """The full name of the topic after remapping."""
        return self._publisher.topic_name

    @property
    def is_subscribed(self) -> bool:
        """Whether the topic has subscribers; False while inactive."""
        return self._publisher.is_activated and self._publisher.get_subscription_count() > 0

    @property
    def incompatible(self) -> list[str]:
        """The subscriptions that cannot receive the topic, each with the reason."""
        if not self._publisher.is_activated:
            return []
        return incompatible_subscriptions(
            self._node, self.full_topic, self.message_type, self._publisher.qos_profile
        )

    def publish(self, publication: Publication) -> None:
        """Publish the message for a result, if there is one."""
        message = self.message(publication)
        if message is not None:
            self._publisher.publish(message)
            self.message_bytes = size_of(message)
            self.published += self.message_bytes

    def close(self) -> None:
        """Destroy the publisher. It has to be inactive: a thread may still be about to publish."""
        self._node.destroy_lifecycle_publisher(self._publisher)

    @abstractmethod
    def message(self, publication: Publication) -> object | None:
        """Return the message to publish, of `message_type`, or None to publish nothing."""


def size_of(message: Any) -> int:  # noqa: ANN401
    """Return the bytes of a message's data; the other fields are too small to count."""
    image = getattr(message, 'image', message)  # of a DisparityImage
    return len(getattr(image, 'data', b''))
