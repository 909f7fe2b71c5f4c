# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The topics that the depth node listens to, and what keeps pairs from arriving on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from functools import partial
from time import monotonic
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo, Image

from crestereo_ros.pairing import (
    DropReason,
    Pair,
    PairingProblem,
    PairingSnapshot,
    PairSynchronizer,
    Side,
)

PATIENCE = 2.0  # seconds without a pair, while images come, until something is wrong
PATIENCE_WITHOUT_IMAGES = 5.0


class StereoInput:
    """
    Subscriptions to both images and both calibrations; the images come out as pairs.

    Images are received reliably, or best effort once a publisher offers no more: either kind of
    publisher connects, and large images get through wherever they can.
    """

    def __init__(self, node: Node, on_pair: Callable[[Pair], None]) -> None:
        """
        Subscribe.

        :param on_pair: called in the executor's thread with each pair of sensor_msgs/Image.
        """
        self._node = node
        self._on_pair = on_pair
        self._synchronizer = PairSynchronizer()
        self._infos: dict[Side, CameraInfo | None] = dict.fromkeys(Side)
        self._last_pair = monotonic()
        overridable = QoSOverridingOptions.with_default_policies()
        self._images = {
            side: self._subscribe(side, quality(ReliabilityPolicy.RELIABLE), overridable)
            for side in Side
        }
        for side in Side:
            node.create_subscription(
                CameraInfo,
                f'{side.value}/camera_info',
                partial(self._on_info, side),
                quality(ReliabilityPolicy.BEST_EFFORT),
                qos_overriding_options=overridable,
            )

    @property
    def topics(self) -> dict[Side, str]:
        """The full names of the image topics."""
        return {side: subscription.topic_name for side, subscription in self._images.items()}

    def camera_info(self, side: Side) -> CameraInfo | None:
        """Return the newest calibration of a camera, None as long as none arrived."""
        return self._infos[side]

    def configure(self, tolerance: int, queue_size: int) -> None:
        """Change how images are paired, see `PairSynchronizer`."""
        self._synchronizer.configure(tolerance, queue_size)

    def values(self) -> dict[str, Any]:
        """Return what was counted, for diagnostics."""
        snapshot = self._synchronizer.snapshot()
        values = {'pairs received': snapshot.pairs}
        for side in Side:
            values[f'{side.value} images received'] = snapshot.received[side]
            for reason in DropReason:
                name = f'{side.value} images dropped: {reason.value}'
                values[name] = snapshot.dropped.get((side, reason), 0)
            reliability = self._images[side].qos_profile.reliability
            values[f'{side.value} subscription'] = reliability.name.lower()
        return values

    def problem(self) -> tuple[PairingProblem, str] | None:
        """Say what keeps pairs from arriving and what to do about it, None if nothing does."""
        snapshot = self._synchronizer.snapshot()
        problem = snapshot.problem
        quiet = problem is PairingProblem.NO_ITEMS
        waited = monotonic() - self._last_pair
        if problem is None or waited < (PATIENCE_WITHOUT_IMAGES if quiet else PATIENCE):
            return None
        topics = self.topics
        publishers = {side: self._node.count_publishers(topics[side]) for side in Side}
        return problem, explain(problem, snapshot, topics, publishers)

    def adapt_reliability(self) -> None:
        """Go over to best effort on a topic where a publisher offers nothing better."""
        for side, subscription in self._images.items():
            if subscription.qos_profile.reliability != ReliabilityPolicy.RELIABLE:
                continue
            topic = subscription.topic_name
            for publisher in self._node.get_publishers_info_by_topic(topic):
                if publisher.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT:
                    qos = copy(subscription.qos_profile)
                    qos.reliability = ReliabilityPolicy.BEST_EFFORT
                    self._node.destroy_subscription(subscription)
                    self._images[side] = self._subscribe(side, qos)
                    self._node.get_logger().warning(
                        f'{publisher.node_name} publishes {topic} best effort, so it is received '
                        'best effort. That loses large images: set it to reliable if you can'
                    )
                    break

    def _subscribe(
        self, side: Side, qos: QoSProfile, overridable: QoSOverridingOptions | None = None
    ) -> Subscription:
        return self._node.create_subscription(
            Image,
            f'{side.value}/image_rect',
            partial(self._on_image, side),
            qos,
            qos_overriding_options=overridable,
        )

    def _on_image(self, side: Side, message: Image) -> None:
        stamp = message.header.stamp
        pair = self._synchronizer.add(side, stamp.sec * 10**9 + stamp.nanosec, message)
        if pair is not None:
            self._last_pair = monotonic()
            self._on_pair(pair)

    def _on_info(self, side: Side, message: CameraInfo) -> None:
        self._infos[side] = message


def quality(reliability: ReliabilityPolicy) -> QoSProfile:
    # A new one for each subscription: rclpy writes the overrides into it.
    return QoSProfile(depth=5, reliability=reliability)


def explain(
    problem: PairingProblem,
    snapshot: PairingSnapshot,
    topics: Mapping[Side, str],
    publishers: Mapping[Side, int],
) -> str:
    """
    Say why no pairs come and what to do about it.

    :param topics: the full names of the image topics.
    :param publishers: how many publishers each of them has.
    """
    silent = {
        PairingProblem.NO_ITEMS: list(Side),
        PairingProblem.ONLY_LEFT: [Side.RIGHT],
        PairingProblem.ONLY_RIGHT: [Side.LEFT],
    }.get(problem)
    if silent is not None:
        names = ' and '.join(topics[side] for side in silent)
        if all(publishers[side] for side in silent):
            return f'No images on {names}, though published: is the camera or the player paused?'
        remapped = ' and '.join(f'{side.value}/image_rect' for side in silent)
        return (
            f'No images on {names}: nobody publishes there. Start the camera or the player, or '
            f'remap {remapped} to where the images are'
        )
    names = f'{topics[Side.LEFT]} and {topics[Side.RIGHT]}'
    if problem is PairingProblem.FROZEN_STAMPS:
        return (
            f'The stamps on {names} do not advance, so pairs cannot be told apart: the publisher '
            'has to fill in header.stamp'
        )
    nearest = snapshot.nearest_miss
    if nearest is None:
        return f'Images on {names}, but none with a stamp of the other side'
    return (
        f'Images on {names}, but their stamps never match: the nearest differ by '
        f'{nearest / 1e6:.3f} ms. Trigger the cameras together, or set sync_tolerance to '
        f'{nearest * 1.5 / 1e9:.6f} or so if they see the same moment'
    )
