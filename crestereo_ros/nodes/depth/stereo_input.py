# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The images that the depth node receives, and why they do not become pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import Any

import numpy as np
from rclpy.node import Node
from std_msgs.msg import Header

from crestereo_ros.messages.stamps import is_valid, nanoseconds
from crestereo_ros.messages.video_packets import frame_id_of, stamp_of
from crestereo_ros.nodes.depth.image_subscription import ImageSubscription
from crestereo_ros.nodes.depth.pair_decoder import ReceivedImage
from crestereo_ros.nodes.depth.transports import message_type, RAW, suffix, VIDEOS
from crestereo_ros.nodes.depth.video_decoding import VideoDecoding
from crestereo_ros.pairing import (
    common_period,
    DropReason,
    is_multiple,
    Pair,
    PairingProblem,
    PairingSnapshot,
    PairSynchronizer,
    Rhythm,
    Side,
)

LARGEST_TOLERANCE = 1.0  # seconds; the maximum of the parameter
PLAYERS = {'stereo_player', 'rosbag2_player'}  # nodes that end when their recording does
PATIENCE = 2.0  # seconds without a pair, while images arrive, until something is wrong
PATIENCE_IN_SILENCE = 3.0  # the same while no images arrive
PATIENCE_AT_START = 5.0  # the same before the first pair: connections take a while
VIDEO_QUEUE_SIZE = 50  # packets; they are small, and none may be missing
PATIENCE_IN_PERIODS = 3.0  # of the slower camera, for less than one image a second


class StereoInput:
    """Subscribes to both images while it is open, and pairs them. It starts closed."""

    def __init__(self, node: Node, on_pair: Callable[[Pair[ReceivedImage]], object]) -> None:
        """
        Prepare the subscriptions.

        :param on_pair: called in the executor's thread with each pair
        """
        self._node = node
        self._on_pair = on_pair
        self._synchronizer = PairSynchronizer[ReceivedImage]()
        self._rhythms = {side: Rhythm() for side in Side}
        self._last_pair = monotonic()
        self._had_pairs = False  # since it was opened
        self._publishers: set[str] = set()  # names of the nodes that published images last
        self._decodings: dict[Side, VideoDecoding] = {}  # while the images are videos
        self._sequence_numbers: dict[Side, int | None] = dict.fromkeys(Side)
        self._subscriptions = {RAW: self._subscribe(RAW)}
        self._images = self._subscriptions[RAW]

    @property
    def is_open(self) -> bool:
        return self._images[Side.LEFT].is_open

    @property
    def is_stale(self) -> bool:
        """Whether pairs have arrived since it was opened, but no longer do."""
        return self._had_pairs and self.problem() is not None

    @property
    def ended(self) -> str:
        """Which player has come to its end and published all images; empty if none has."""
        gone = not any(self._node.count_publishers(topic) for topic in self.topics.values())
        return ', '.join(self._publishers) if gone and self._publishers <= PLAYERS else ''

    @property
    def lost(self) -> int:
        """How many images of both sides are missing, judged by the rhythm of the others."""
        return sum(rhythm.lost for rhythm in self._rhythms.values())

    @property
    def topics(self) -> dict[Side, str]:
        """The full names of the image topics."""
        return {side: subscription.topic for side, subscription in self._images.items()}

    def configure(self, tolerance: int, queue_size: int, transport: str) -> None:
        """
        Change how images are received and paired.

        :param tolerance, queue_size: see `PairSynchronizer`
        :param transport: one of `MESSAGES`
        :raises SettingsError: if it needs a missing package
        """
        self._synchronizer.configure(tolerance, queue_size)
        if transport not in self._subscriptions:
            self._subscriptions[transport] = self._subscribe(transport)
        if self._subscriptions[transport] is not self._images:
            was_open = self.is_open
            self.set_open(False)
            self.close(0.0)
            self._images = self._subscriptions[transport]
            if transport in VIDEOS:
                self._decodings = {
                    side: VideoDecoding(self._node, partial(self._on_decoded, side))
                    for side in Side
                }
            self.set_open(was_open)

    def close(self, timeout: float) -> None:
        """End the threads that decode videos, and wait for each for at most `timeout` seconds."""
        for decoding in self._decodings.values():
            decoding.close(timeout)
        self._decodings = {}

    def set_open(self, is_open: bool) -> None:
        """Subscribe to both images, or unsubscribe from them."""
        if is_open == self.is_open:
            return
        self._last_pair = monotonic()  # no pairs could arrive before
        self._had_pairs = False
        for side, subscription in self._images.items():
            self._rhythms[side].restart()
            if self._decodings:
                self._decodings[side].restart()
            if is_open:
                subscription.open()
            else:
                subscription.close()

    def follow_publishers(self) -> None:
        """Adapt the reliability of both subscriptions to what the publishers offer."""
        for subscription in self._images.values():
            subscription.follow_publishers()
        publishers = {
            publisher.node_name
            for topic in self.topics.values()
            for publisher in self._node.get_publishers_info_by_topic(topic)
        }
        self._publishers = publishers or self._publishers

    def values(self) -> dict[str, Any]:
        """Return the counts, for diagnostics."""
        snapshot, now = self._synchronizer.snapshot(), monotonic()
        values: dict[str, Any] = {'pairs received': snapshot.pairs}
        for side, subscription in self._images.items():
            rhythm = self._rhythms[side]
            age = rhythm.age(now)
            values[f'{side.value} image rate (Hz)'] = f'{rhythm.rate(now):.1f}'
            values[f'{side.value} image age (s)'] = 'no images' if age is None else f'{age:.2f}'
            values[f'{side.value} images received'] = snapshot.received[side]
            values[f'{side.value} images lost before'] = rhythm.lost
            if self._decodings:
                values[f'{side.value} packets dropped'] = self._decodings[side].dropped
            for reason in DropReason:
                name = f'{side.value} images dropped: {reason.value}'
                values[name] = snapshot.dropped.get((side, reason), 0)
            values[f'{side.value} subscription'] = (
                subscription.reliability if subscription.is_open else 'none while idle'
            )
            incompatible = subscription.incompatible
            if incompatible:
                values[f'{side.value} images not received'] = '; '.join(incompatible)
        return values

    def problem(self) -> tuple[PairingProblem, str] | None:
        """Return why no pairs arrive and what to do about it, None if they do."""
        snapshot, now = self._synchronizer.snapshot(), monotonic()
        periods = PATIENCE_IN_PERIODS * max(x.period or 0.0 for x in self._rhythms.values())
        silence = max(PATIENCE_IN_SILENCE if self._had_pairs else PATIENCE_AT_START, periods)
        ages = [rhythm.age(now) for rhythm in self._rhythms.values()]
        # What arrived since the last pair does not matter once both cameras are silent.
        is_silent = all(age is None or age >= silence for age in ages)
        problem = PairingProblem.NO_ITEMS if is_silent else snapshot.problem
        quiet = problem is PairingProblem.NO_ITEMS
        patience = silence if quiet else max(PATIENCE, periods)
        if problem is None or not self.is_open or now - self._last_pair < patience:
            return None
        topics = self.topics
        for side, decoding in self._decodings.items():
            if decoding.problem:
                return problem, f'No images on {topics[side]}: {decoding.problem}'
        publishers = {side: self._node.count_publishers(topics[side]) for side in Side}
        incompatible = {
            side: subscription.incompatible for side, subscription in self._images.items()
        }
        others = published_images(self._node, self._images[Side.LEFT].kind)
        intervals = [x for rhythm in self._rhythms.values() for x in rhythm.intervals]
        period = common_period(intervals)
        return problem, explain(
            problem, snapshot, topics, publishers, incompatible, others, period
        )

    def _subscribe(self, transport: str) -> dict[Side, ImageSubscription]:
        kind, ending = message_type(transport), suffix(transport)
        subscriptions = {}
        for side in Side:
            name = f'{side.value}/image_rect'
            topic = self._node.resolve_topic_name(name)
            if ending:
                # Users remap the name of the images, without the suffix of the transport.
                name = topic = topic.removesuffix(ending) + ending
            if transport in VIDEOS:
                subscriptions[side] = ImageSubscription(
                    self._node, kind, name, partial(self._on_packet, side), VIDEO_QUEUE_SIZE
                )
            else:
                subscriptions[side] = ImageSubscription(
                    self._node, kind, name, partial(self._on_image, side, topic)
                )
        return subscriptions

    def _on_image(self, side: Side, topic: str, message: Any) -> None:  # noqa: ANN401
        if self._has_arrived(side, message.header.stamp):
            self._pair(side, ReceivedImage(message.header, message, topic))

    def _on_packet(self, side: Side, message: Any, info: dict[str, Any]) -> None:  # noqa: ANN401
        if not self._decodings:
            return
        self._has_arrived(side, stamp_of(message))
        # Humble and some middlewares lack these numbers.
        number = info.get('publication_sequence_number')
        before, self._sequence_numbers[side] = self._sequence_numbers[side], number
        is_next = number is None or before is None or number == before + 1
        self._decodings[side].put(message, follows_gap=not is_next)

    def _on_decoded(self, side: Side, message: Any, image: np.ndarray) -> None:  # noqa: ANN401
        if self.is_open and is_valid(stamp_of(message)):
            header = Header(stamp=stamp_of(message), frame_id=frame_id_of(message))
            self._pair(side, ReceivedImage(header, image, self.topics[side]))

    def _has_arrived(self, side: Side, stamp: Any) -> bool:  # noqa: ANN401
        """Record an image, and return whether its stamp is usable for pairing."""
        is_usable = is_valid(stamp)
        self._rhythms[side].add(nanoseconds(stamp) if is_usable else None, monotonic())
        if not is_usable:
            self._synchronizer.reject(side)
        return is_usable

    def _pair(self, side: Side, image: ReceivedImage) -> None:
        pair = self._synchronizer.add(side, nanoseconds(image.header.stamp), image)
        if pair is not None:
            self._last_pair = monotonic()
            self._had_pairs = True
            self._on_pair(pair)


def published_images(node: Node, kind: type[Any]) -> list[str]:
    """Return the topics on which other nodes publish images of a message type."""
    own = node.get_publisher_names_and_types_by_node(node.get_name(), node.get_namespace())
    wanted = f'{kind.__module__.split(".")[0]}/msg/{kind.__name__}'
    return [
        topic
        for topic, types in node.get_topic_names_and_types()
        if wanted in types and topic not in dict(own) and node.count_publishers(topic)
    ]


def explain(
    problem: PairingProblem,
    snapshot: PairingSnapshot,
    topics: Mapping[Side, str],
    publishers: Mapping[Side, int],
    incompatible: Mapping[Side, Sequence[str]],
    others: Sequence[str] = (),
    period: float | None = None,
) -> str:
    """
    Return why no pairs arrive and what to do about it.

    :param topics: the full names of the image topics
    :param publishers: the number of their publishers
    :param incompatible: their publishers that cannot be received, with the reason
    :param others: topics of images that other nodes publish
    :param period: the period of the cameras in seconds, None if unknown
    """
    silent = {
        PairingProblem.NO_ITEMS: list(Side),
        PairingProblem.ONLY_LEFT: [Side.RIGHT],
        PairingProblem.ONLY_RIGHT: [Side.LEFT],
    }.get(problem)
    if silent:
        names = ' and '.join(topics[side] for side in silent)
        reasons = [reason for side in silent for reason in incompatible[side]]
        if reasons:
            return f'No images on {names}: {"; ".join(reasons)}'
        if all(publishers[side] for side in silent):
            return f'No images on {names}, although published: is the camera or the player paused?'
        remapped = ' and '.join(f'{side.value}/image_rect' for side in silent)
        if others:
            return (
                f'No images on {names}: nobody publishes there. There are images on '
                f'{", ".join(others)}: remap {remapped} to those of your camera or player'
            )
        return (
            f'No images on {names}: nobody publishes there, nor on any other topic. Start the '
            f'camera or the player, and remap {remapped} if it uses other names'
        )
    names = f'{topics[Side.LEFT]} and {topics[Side.RIGHT]}'
    if problem is PairingProblem.FROZEN_STAMPS:
        return (
            f'The stamps on {names} do not advance or are invalid (before 1970, or a nanosec of a '
            'second or more), so pairs cannot be found: the publisher has to fill in header.stamp'
        )
    nearest = snapshot.nearest_miss
    if nearest is None:
        return f'Images on {names}, but no left stamp is close to a right one'
    miss = nearest / 1e9
    if period is not None and is_multiple(miss, period):
        return (
            f'Images on {names} get lost on the way, so that hardly any finds its partner: the '
            f'nearest stamps differ by {1e3 * miss:.3f} ms, which is {round(miss / period)} whole '
            f'period(s) of the cameras. Let them publish reliably, give their driver more shared '
            'memory (config/fastdds.xml) if it runs on this machine, or use '
            'image_transport:=compressed'
        )
    never = (
        f'Images on {names}, but their stamps never match: the nearest differ by '
        f'{_in_digits(1e3 * miss, 3)} ms. Trigger the cameras together'
    )
    # With half a period or more, an image would be paired with the wrong one.
    largest = LARGEST_TOLERANCE if period is None else min(LARGEST_TOLERANCE, 0.49 * period)
    if miss >= 0.9 * largest:
        return f'{never}: no sync_tolerance can tell which images belong together'
    tolerance = min(1.5 * miss, largest)
    return (
        f'{never}, or set sync_tolerance to {_in_digits(tolerance, 6)} if they see the same moment'
    )


def _in_digits(value: float, digits: int) -> str:
    """Return a number with `digits` decimals, or more if these would all be zero."""
    return f'{value:.{digits}f}' if value >= 10.0**-digits else f'{value:.{digits + 3}f}'
