# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The calibration that the depth node receives, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo

from crestereo_ros.calibration import CalibrationError, StereoCalibration
from crestereo_ros.messages.calibrations import from_message
from crestereo_ros.messages.stamps import nanoseconds
from crestereo_ros.nodes.depth.static_transforms import StaticTransforms
from crestereo_ros.nodes.incompatible_publishers import incompatible_publishers
from crestereo_ros.nodes.qos_overrides import overridable
from crestereo_ros.pairing import Side

# Durability and reliability.
LATCHED = DurabilityPolicy.TRANSIENT_LOCAL, ReliabilityPolicy.RELIABLE
NOT_LATCHED = DurabilityPolicy.VOLATILE, ReliabilityPolicy.BEST_EFFORT
KEPT = 100  # messages of each camera: enough to cover a pair that waits during a long match


@dataclass(frozen=True)
class NoDepth:
    """Why there is no depth; `is_fault` if a calibration arrived but cannot be used."""

    reason: str
    is_fault: bool


class CalibrationInput:
    """The latest `camera_info` messages of both cameras, by stamp."""

    def __init__(self, node: Node) -> None:
        """Subscribe."""
        self._node = node
        self._lock = Lock()
        self._doubt = ''  # about the latest calibration
        self._transforms = StaticTransforms(node)
        self._tf_baseline: float | None = None  # metres, that was used last
        self._infos: dict[Side, dict[int, CameraInfo]] = {side: {} for side in Side}
        self._topics: dict[Side, str] = {}
        self._profiles: dict[Side, QoSProfile] = {}
        self._subscriptions: dict[Side, Subscription] = {}
        for side in Side:
            self._profiles[side] = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
            with overridable(node, f'{side.value}/camera_info') as options:
                self._subscriptions[side] = self._subscribe(side, options)
            self._topics[side] = self._subscriptions[side].topic_name

    def for_pair(
        self,
        width: int,
        height: int,
        left_stamp: int,
        right_stamp: int,
        baseline: float | None = None,
        frames: tuple[str, str] | None = None,
    ) -> StereoCalibration | NoDepth:
        """
        Return the calibration of a pair, or why there is none. Any thread may call this.

        Each camera's calibration is the one with the stamp of its image, or else the newest.

        :param width, height: of both images, in pixels
        :param left_stamp, right_stamp: stamps of the images, in nanoseconds
        :param baseline: in metres, 0 if unknown: it completes the calibration of rectified images;
            None for raw images
        :param frames: frames of the left and the right image, or None to leave tf out
        """
        stamps = {Side.LEFT: left_stamp, Side.RIGHT: right_stamp}
        with self._lock:
            infos = {side: self._with_stamp(side, stamp) for side, stamp in stamps.items()}
        left, right = (infos[side] for side in Side)
        if left is None or right is None:
            missing = [self._topics[side] for side in Side if infos[side] is None]
            return NoDepth(f'no camera_info arrived on {" and ".join(missing)}', is_fault=False)
        try:
            calibration = StereoCalibration(from_message(left), from_message(right))
            if baseline is not None:
                calibration = calibration.completed(baseline)
            if baseline is not None and frames and calibration.lacks_baseline:
                calibration = calibration.completed(self._baseline_of_tf(*frames))
            calibration = calibration.for_image(width, height)
            self._log_doubt(calibration)
            return calibration
        except CalibrationError as error:
            sides = Side if error.side is None else [Side(error.side)]
            topics = ' and '.join(self._topics[side] for side in sides)
            return NoDepth(f'{topics}: {error}', is_fault=True)

    def _baseline_of_tf(self, left: str, right: str) -> float:
        try:
            baseline = self._transforms.baseline(left.lstrip('/'), right.lstrip('/'))
        except CalibrationError as error:
            raise CalibrationError(
                f'P[3] is 0, so the distance of the cameras is missing, and {error}: set the '
                'parameter baseline, or calibrate the cameras as a stereo pair',
                'right',
            ) from error
        if baseline != self._tf_baseline:
            self._tf_baseline = baseline
            self._node.get_logger().info(
                f'P[3] of {self._topics[Side.RIGHT]} is 0: baseline {baseline:.4f} m by tf, from '
                f'{left} to {right}'
            )
        return baseline

    def follow_publishers(self) -> None:
        """
        Receive what latched publishers published once, before the node subscribed.

        A transient-local subscription receives nothing from volatile publishers. So the node
        requests it only where all publishers of the topic offer it.
        """
        for side, topic in self._topics.items():
            offers = [
                (publisher.qos_profile.durability, publisher.qos_profile.reliability)
                for publisher in self._node.get_publishers_info_by_topic(topic)
            ]
            latched = bool(offers) and all(offer == LATCHED for offer in offers)
            qos = self._profiles[side]
            if latched != ((qos.durability, qos.reliability) == LATCHED):
                durability, reliability = LATCHED if latched else NOT_LATCHED
                self._profiles[side] = QoSProfile(
                    depth=qos.depth, durability=durability, reliability=reliability
                )
                self._node.destroy_subscription(self._subscriptions[side])
                self._subscriptions[side] = self._subscribe(side)

    def values(self) -> dict[str, Any]:
        """Return the publishers that cannot be received, for diagnostics."""
        values: dict[str, Any] = {}
        if self._tf_baseline is not None:
            values['baseline by tf (m)'] = f'{self._tf_baseline:.4f}'
        for side, topic in self._topics.items():
            incompatible = incompatible_publishers(
                self._node, topic, CameraInfo, self._profiles[side]
            )
            if incompatible:
                values[f'{side.value} camera_info not received'] = '; '.join(incompatible)
        return values

    def _log_doubt(self, calibration: StereoCalibration) -> None:
        doubt, before = calibration.doubt, self._doubt
        self._doubt = doubt
        if doubt and doubt != before:
            self._node.get_logger().warning(f'{" and ".join(self._topics.values())}: {doubt}')

    def _subscribe(
        self, side: Side, overridable_by: QoSOverridingOptions | None = None
    ) -> Subscription:
        return self._node.create_subscription(
            CameraInfo,
            f'{side.value}/camera_info',
            partial(self._on_info, side),
            self._profiles[side],
            qos_overriding_options=overridable_by,
        )

    def _on_info(self, side: Side, message: CameraInfo) -> None:
        infos, stamp = self._infos[side], nanoseconds(message.header.stamp)
        with self._lock:
            infos.pop(stamp, None)  # so that the newest is the last
            infos[stamp] = message
            if len(infos) > KEPT:
                del infos[next(iter(infos))]

    def _with_stamp(self, side: Side, stamp: int) -> CameraInfo | None:
        infos = self._infos[side]
        return infos.get(stamp) or next(reversed(infos.values()), None)
