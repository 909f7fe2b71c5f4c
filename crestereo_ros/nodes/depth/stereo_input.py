# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The images that the depth node receives, and what keeps them from becoming pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from time import monotonic
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import Image

from crestereo_ros.nodes.depth.image_subscription import ImageSubscription
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
    """Subscribes to both images, while it is open, and pairs them. It is closed at first."""

    def __init__(self, node: Node, on_pair: Callable[[Pair[Image]], object]) -> None:
        """
        Prepare the subscriptions.

        :param on_pair: called in the executor's thread with each pair
        """
        self._node = node
        self._on_pair = on_pair
        self._synchronizer = PairSynchronizer[Image]()
        self._last_pair = monotonic()
        self._images = {
            side: ImageSubscription(
                node, f'{side.value}/image_rect', partial(self._on_image, side)
            )
            for side in Side
        }

    @property
    def is_open(self) -> bool:
        return self._images[Side.LEFT].is_open

    @property
    def topics(self) -> dict[Side, str]:
        """The full names of the image topics."""
        return {side: subscription.topic for side, subscription in self._images.items()}

    def configure(self, tolerance: int, queue_size: int) -> None:
        """Change how images are paired, see `PairSynchronizer`."""
        self._synchronizer.configure(tolerance, queue_size)

    def set_open(self, is_open: bool) -> None:
        """Subscribe to both images, or unsubscribe from them."""
        if is_open == self.is_open:
            return
        self._last_pair = monotonic()  # no pairs were to be expected before
        for subscription in self._images.values():
            if is_open:
                subscription.open()
            else:
                subscription.close()

    def follow_publishers(self) -> None:
        """Adapt the reliability of both subscriptions to what the publishers offer."""
        for subscription in self._images.values():
            subscription.follow_publishers()

    def values(self) -> dict[str, Any]:
        """Return what was counted, for diagnostics."""
        snapshot = self._synchronizer.snapshot()
        values: dict[str, Any] = {'pairs received': snapshot.pairs}
        for side, subscription in self._images.items():
            values[f'{side.value} images received'] = snapshot.received[side]
            for reason in DropReason:
                name = f'{side.value} images dropped: {reason.value}'
                values[name] = snapshot.dropped.get((side, reason), 0)
            values[f'{side.value} subscription'] = (
                subscription.reliability if subscription.is_open else 'none while idle'
            )
        return values

    def problem(self) -> tuple[PairingProblem, str] | None:
        """Say what keeps pairs from arriving and what to do about it, None if nothing does."""
        snapshot = self._synchronizer.snapshot()
        problem = snapshot.problem
        quiet = problem is PairingProblem.NO_ITEMS
        waited = monotonic() - self._last_pair
        patience = PATIENCE_WITHOUT_IMAGES if quiet else PATIENCE
        if problem is None or not self.is_open or waited < patience:
            return None
        topics = self.topics
        publishers = {side: self._node.count_publishers(topics[side]) for side in Side}
        return problem, explain(problem, snapshot, topics, publishers)

    def _on_image(self, side: Side, message: Image) -> None:
        stamp = message.header.stamp
        pair = self._synchronizer.add(side, stamp.sec * 10**9 + stamp.nanosec, message)
        if pair is not None:
            self._last_pair = monotonic()
            self._on_pair(pair)


def explain(
    problem: PairingProblem,
    snapshot: PairingSnapshot,
    topics: Mapping[Side, str],
    publishers: Mapping[Side, int],
) -> str:
    """
    Say why no pairs come and what to do about it.

    :param topics: the full names of the image topics
    :param publishers: how many publishers each of them has
    """
    silent = {
        PairingProblem.NO_ITEMS: list(Side),
        PairingProblem.ONLY_LEFT: [Side.RIGHT],
        PairingProblem.ONLY_RIGHT: [Side.LEFT],
    }.get(problem)
    if silent:
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
