# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The time in the player's headers, and on /clock."""

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

    Unless it publishes, `wall` stamps are the node's time. A clock that is published begins with
    the wall clock's time, or with `video` at the time in the source, and then goes on as the
    played time does (see `Playback`): the stamps are taken from it.
    """

    def __init__(self, node: Node, playback: Playback, stamps: str, *, publish: bool):
        """
        Publish the time from the first frame on, if told to.

        :param stamps: wall or video
        """
        self._node = node
        self._playback = playback
        self._wall = stamps == 'wall'
        self._start: int | None = 0 if stamps == 'video' else None  # ns at played time 0
        self._lock = Lock()
        self._publisher = node.create_publisher(ClockMessage, '/clock', 10) if publish else None
        self._begun = False
        if publish:
            steady = Clock(clock_type=ClockType.STEADY_TIME)
            node.create_timer(INTERVAL, self._publish, clock=steady)

    def stamp(self):
        """Return the builtin_interfaces/Time of the frame that the playback gave last."""
        if self._wall and self._publisher is None:
            return self._node.get_clock().now().to_msg()
        with self._lock:
            played = round(1e9 * self._playback.stamp)
            if self._start is None:
                self._start = Clock(clock_type=ClockType.SYSTEM_TIME).now().nanoseconds - played
            self._begun = True
        if self._publisher is not None:
            self._publish()  # nobody is to see a stamp that is still to come
        return Time(nanoseconds=self._start + played).to_msg()

    def _publish(self):
        with self._lock:  # two threads must not publish their times in the wrong order
            if self._begun:
                now = self._start + round(1e9 * self._playback.played_time)
                self._publisher.publish(ClockMessage(clock=Time(nanoseconds=now).to_msg()))
