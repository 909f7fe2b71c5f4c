# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The time in the player's headers and on /clock."""

from __future__ import annotations

from threading import Lock

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.time import Time
from rosgraph_msgs.msg import Clock as ClockMessage

from crestereo_ros.sources import Playback

INTERVAL = 0.025  # s between two messages


class PlayerClock:
    """
    Stamps for the frames of a playback.

    Without a published clock, `wall` stamps are the node's time. A published clock starts at the
    system time (`wall`) or at the time in the source (`video`), then follows the played time (see
    `Playback`). The stamps are read from it.
    """

    def __init__(self, node: Node, playback: Playback, stamps: str, *, publish: bool) -> None:
        """
        Prepare for the first frame.

        :param stamps: wall or video
        :param publish: whether to publish the time on /clock from the first frame on
        """
        self._node = node
        self._playback = playback
        self._wall = stamps == 'wall'
        # Nanoseconds at the played time 0; None until a `wall` clock starts.
        self._start: int | None = 0 if stamps == 'video' else None
        self._lock = Lock()
        self._publisher = node.create_publisher(ClockMessage, '/clock', 10) if publish else None
        self._started = False
        if publish:
            steady = Clock(clock_type=ClockType.STEADY_TIME)
            node.create_timer(INTERVAL, self._publish, clock=steady)

    def stamp(self) -> Time:
        """Return the stamp of the last frame of the playback."""
        if self._wall and self._publisher is None:
            return self._node.get_clock().now()
        with self._lock:
            played = round(1e9 * self._playback.stamp)
            if self._start is None:
                self._start = Clock(clock_type=ClockType.SYSTEM_TIME).now().nanoseconds - played
            nanoseconds = self._start + played
            self._started = True
        self._publish()  # so that nobody receives a stamp in the future
        return Time(nanoseconds=nanoseconds)

    def _publish(self) -> None:
        with self._lock:  # two threads must not publish their times in the wrong order
            if self._started and self._start is not None and self._publisher is not None:
                now = self._start + round(1e9 * self._playback.played_time)
                self._publisher.publish(ClockMessage(clock=Time(nanoseconds=now).to_msg()))
