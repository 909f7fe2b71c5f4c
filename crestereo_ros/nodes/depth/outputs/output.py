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

    A subclass names it and makes the messages; it stands in `OUTPUTS`, and nowhere else. The node
    matches pairs while any output is subscribed, and publishes on those that are.
    """

    topic: ClassVar[str]  # relative, as it may be remapped
    message_type: ClassVar[type]
    needs_calibration: ClassVar[bool] = False  # whether nothing is published without one

    def __init__(self, node: LifecycleNode) -> None:
        """
        Make the publisher: reliable, with a depth of 5, unless that is overridden.

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
        """The topic with its namespace, as it is remapped."""
        return self._publisher.topic_name

    @property
    def is_subscribed(self) -> bool:
        """Tell whether anybody receives what is published; nobody does while it is inactive."""
        return self._publisher.is_activated and self._publisher.get_subscription_count() > 0

    @property
    def incompatible(self) -> list[str]:
        """The subscriptions that receive nothing of what is published, each with the reason."""
        if not self._publisher.is_activated:
            return []
        return incompatible_subscriptions(
            self._node, self.full_topic, self.message_type, self._publisher.qos_profile
        )

    def publish(self, publication: Publication) -> None:
        """Publish what `message` makes of it."""
        message = self.message(publication)
        if message is not None:
            self._publisher.publish(message)
            self.message_bytes = size_of(message)
            self.published += self.message_bytes

    def close(self) -> None:
        """Destroy the publisher, which is inactive: a thread may still be about to publish."""
        self._node.destroy_lifecycle_publisher(self._publisher)

    @abstractmethod
    def message(self, publication: Publication) -> object | None:
        """Return what to publish, a `message_type`; None for nothing."""


def size_of(message: Any) -> int:  # noqa: ANN401
    """Return how many bytes of data a message has; the rest of it is too small to count."""
    image = getattr(message, 'image', message)  # that of a DisparityImage
    return len(getattr(image, 'data', b''))
