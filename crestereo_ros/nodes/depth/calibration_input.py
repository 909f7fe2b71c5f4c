# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The calibration that the depth node receives, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CameraInfo

from crestereo_ros.calibration import CalibrationError, StereoCalibration
from crestereo_ros.nodes.calibration_messages import from_message
from crestereo_ros.pairing import Side


@dataclass(frozen=True)
class NoDepth:
    """Why there is no depth; `is_fault` if a calibration arrived but cannot be used."""

    reason: str
    is_fault: bool


class CalibrationInput:
    """The newest `camera_info` of both cameras."""

    def __init__(self, node: Node) -> None:
        """Subscribe."""
        self._infos: dict[Side, CameraInfo | None] = dict.fromkeys(Side)
        self._topics: dict[Side, str] = {}
        for side in Side:
            subscription = node.create_subscription(
                CameraInfo,
                f'{side.value}/camera_info',
                partial(self._on_info, side),
                QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT),
                qos_overriding_options=QoSOverridingOptions.with_default_policies(),
            )
            self._topics[side] = subscription.topic_name

    def for_image(self, width: int, height: int) -> StereoCalibration | NoDepth:
        """Return the calibration of images of a size in pixels, or why there is none."""
        left, right = (self._infos[side] for side in Side)
        if left is None or right is None:
            missing = [self._topics[side] for side in Side if self._infos[side] is None]
            return NoDepth(f'no camera_info arrived on {" and ".join(missing)}', is_fault=False)
        try:
            calibration = StereoCalibration(from_message(left), from_message(right))
            return calibration.for_image(width, height)
        except CalibrationError as error:
            sides = Side if error.side is None else [Side(error.side)]
            topics = ' and '.join(self._topics[side] for side in sides)
            return NoDepth(f'{topics}: {error}', is_fault=True)

    def _on_info(self, side: Side, message: CameraInfo) -> None:
        self._infos[side] = message
