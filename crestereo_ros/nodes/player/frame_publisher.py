# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Publishes the images of the player's frames."""

from __future__ import annotations

from threading import Event
import time

from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from crestereo_ros.nodes.image_messages import to_message
from crestereo_ros.nodes.player.calibration import PlayerCalibration
from crestereo_ros.nodes.player.clock import PlayerClock
from crestereo_ros.preparation import FramePreparation
from crestereo_ros.sources import StereoFrame

DELIVERY_TIMEOUT = 5.0  # s
POLL = 0.02  # s


class FramePublisher:
    """Publishes frames as left/image_raw and right/image_raw, in the playing thread."""

    def __init__(
        self,
        node: Node,
        preparation: FramePreparation,
        calibration: PlayerCalibration,
        clock: PlayerClock,
        frame_id: str,
    ) -> None:
        """
        Create the publishers.

        :param preparation: what is done to frames before they are published
        :param calibration: what is published with each frame
        :param clock: the source of the stamps
        :param frame_id: the frame in the headers
        """
        self._logger = node.get_logger()
        self._preparation = preparation
        self._calibration = calibration
        self._clock = clock
        self._frame_id = frame_id
        #: (height, width) of the last images.
        self.size: tuple[int, int] | None = None
        # Reliable, which is the default: with best effort, almost every large image
        # would be lost over the default transport.
        self._publishers = [
            node.create_publisher(
                Image,
                f'{side}/image_raw',
                5,
                qos_overriding_options=QoSOverridingOptions.with_default_policies(),
            )
            for side in ('left', 'right')
        ]

    @property
    def topics(self) -> list[str]:
        """The full names of the image topics after remapping."""
        return [publisher.topic_name for publisher in self._publishers]

    def publish(self, frame: StereoFrame) -> None:
        """Prepare and publish a frame, with its calibration."""
        prepared = self._preparation.prepare(frame)
        images = prepared.left, prepared.right
        header = Header(stamp=self._clock.stamp().to_msg(), frame_id=self._frame_id)
        height, width = prepared.left.shape[:2]
        self.size = height, width
        self._calibration.publish(frame.left.shape, self.size, header)
        for publisher, image in zip(self._publishers, images, strict=True):
            publisher.publish(to_message(image, 'bgr8', header))

    def wait_for_subscribers(self, longest: float, stopped: Event) -> None:
        """
        Wait until each image topic has a subscriber.

        :param longest: seconds to wait at most
        :param stopped: ends the wait
        """
        missing = self._topics_without_subscriber()
        if not missing or not longest:
            return
        self._logger.info(
            f'Waiting up to {longest:g} s for a subscriber to {" and ".join(missing)}'
        )
        deadline = time.monotonic() + longest
        while missing and time.monotonic() < deadline and not stopped.wait(POLL):
            missing = self._topics_without_subscriber()
        if missing and not stopped.is_set():
            self._logger.warning(f'Playing without a subscriber to {" or ".join(missing)}')

    def wait_for_delivery(self, stopped: Event) -> None:
        """Wait until the subscribers have the images: they are lost when the process ends."""
        deadline = time.monotonic() + DELIVERY_TIMEOUT
        waiting = list(self._publishers)
        while waiting and time.monotonic() < deadline and not stopped.is_set():
            try:
                if waiting[0].wait_for_all_acked(Duration(seconds=0.1)):
                    waiting.pop(0)
            except RuntimeError:  # the middleware does not support it
                stopped.wait(1.0)
                return

    def _topics_without_subscriber(self) -> list[str]:
        return [
            publisher.topic_name
            for publisher in self._publishers
            if not publisher.get_subscription_count()
        ]
