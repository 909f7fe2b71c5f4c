# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Publish stereo footage from files as a camera would.

Published topics, reliable with a depth of 5 (`qos_overrides` parameters change that):

- `left/image_raw`, `right/image_raw` (sensor_msgs/Image, bgr8): both sides of a frame with the
  same stamp, the node's time at which they are published, and `frame_id`

Parameters; `swap`, `rate` and `loop` may be changed while it plays:

- `source`, `source_right`, `source_type`: what to play, see `crestereo_ros.sources.open_source`
- `swap`: exchange left and right
- `rate`: frames per second; 0 is the file's own rate, and 10 for images
- `max_height`: most rows of a video that is found on a web page
- `loop`: play again from the start, for ever; an image pair is then repeated at the rate
- `frame_id`: of both images' headers
- `wait_for_subscribers`: longest time in seconds that the first frame waits for a subscriber to
  each topic, so that none of a short source is lost; 0 starts at once

A frame that is late by more than the time to its successor is dropped, so that time goes on as in
the source; drops are counted and logged. The exit code is 0 when the source has ended (after its
last frame was acknowledged by the subscribers, or five seconds) or the node was interrupted, and
1, after one line that says why, when the source cannot be played or a parameter is wrong.
"""

import logging
import sys
import threading
import time

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from crestereo_ros.nodes.image_messages import to_message
from crestereo_ros.nodes.ros_log_handler import RosLogHandler
from crestereo_ros.nodes.running import run
from crestereo_ros.sources import (
    open_source,
    Playback,
    SOURCE_TYPES,
    SourceError,
    StereoFrame,
)

NAME = 'stereo_player'
LONGEST_DELIVERY = 5.0  # s
LONGEST_STOP = 2.0  # s
BETWEEN_DROP_REPORTS = 5.0  # s


class StereoPlayerNode(Node):
    """
    Plays one source in a thread of its own, so that parameters are answered at any time.

    The end of the source shuts the node's context down. What goes wrong before is raised by a
    callback, so that it comes out of `spin`.
    """

    def __init__(self):
        """
        Open the source and start.

        :raises SourceError: when it cannot be played
        :raises ParameterException: when a parameter has a wrong type or value
        """
        super().__init__(NAME)
        self._declare('source', '', 'Left image, folder or video, or video with both views')
        self._declare('source_right', '', 'Right image, folder or video')
        self._declare('source_type', 'auto', f'What the source is: {", ".join(SOURCE_TYPES)}')
        self._declare('swap', False, 'Exchange left and right', read_only=False)
        self._declare(
            'rate', 0.0, "Frames per second; 0 is the file's own", most=1000.0, read_only=False
        )
        self._declare('loop', False, 'Play again from the start, for ever', read_only=False)
        self._declare('frame_id', 'stereo_camera', "Frame of both images' headers")
        self._declare(
            'wait_for_subscribers',
            10.0,
            'Longest time in seconds that the first frame waits for a subscriber to each topic',
            most=3600.0,
        )
        self.declare_parameter(
            'max_height',
            1080,
            ParameterDescriptor(
                description='Most rows of a video that is found on a web page',
                integer_range=[IntegerRange(from_value=1, to_value=8640)],
                read_only=True,
            ),
        )
        self._log_handler = RosLogHandler(self.get_logger())
        logging.getLogger('crestereo_ros').addHandler(self._log_handler)
        source = open_source(
            self._value('source'),
            self._value('source_right'),
            source_type=self._value('source_type'),
            swap=self._value('swap'),
            max_height=self._value('max_height'),
        )
        self._playback = Playback(source, rate=self._value('rate'), loop=self._value('loop'))
        self._frame_id = self._value('frame_id')
        self._publishers = [self._publish_on(f'{side}/image_raw') for side in ('left', 'right')]
        self.add_on_set_parameters_callback(self._on_parameters)
        self._error = None
        self._ended = self.create_guard_condition(self._on_ended)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)
        self._thread.start()

    def stop(self) -> bool:
        """End playing; return whether it has ended, which a hanging disk can prevent."""
        self._stopped.set()
        self._playback.stop()
        self._thread.join(LONGEST_STOP)
        logging.getLogger('crestereo_ros').removeHandler(self._log_handler)
        return not self._thread.is_alive()

    def _declare(self, name, default, description, *, most=None, read_only=True):
        ranges = [] if most is None else [FloatingPointRange(from_value=0.0, to_value=most)]
        self.declare_parameter(
            name,
            default,
            ParameterDescriptor(
                description=description, floating_point_range=ranges, read_only=read_only
            ),
        )

    def _publish_on(self, topic) -> Publisher:
        # Best effort loses almost every large image over the default transport. Each topic has a
        # profile of its own because rclpy writes the overrides into it.
        return self.create_publisher(
            Image,
            topic,
            QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE),
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )

    def _value(self, name):
        return self.get_parameter(name).value

    def _on_parameters(self, parameters) -> SetParametersResult:
        """Take up new values; types and ranges have been checked by the descriptors."""
        for parameter in parameters:
            if parameter.name == 'swap':
                self._playback.source.swap = parameter.value
            elif parameter.name in ('rate', 'loop'):
                setattr(self._playback, parameter.name, parameter.value)
        return SetParametersResult(successful=True)

    def _run(self):
        try:
            self._wait_for_subscribers()
            self._play()
            self._wait_for_delivery()
        except Exception as error:
            self._error = error
        if self.context.ok():  # of one that was shut down meanwhile nothing can be used
            self._ended.trigger()

    def _on_ended(self):
        if self._error is not None:
            raise self._error
        self.context.try_shutdown()

    def _wait_for_subscribers(self):
        longest = self._value('wait_for_subscribers')
        missing = self._topics_without_subscriber()
        if not missing or not longest:
            return
        self.get_logger().info(
            f'Waiting up to {longest:g} s for a subscriber to {" and ".join(missing)}'
        )
        deadline = time.monotonic() + longest
        while missing and time.monotonic() < deadline and not self._stopped.wait(0.02):
            missing = self._topics_without_subscriber()
        if missing and not self._stopped.is_set():
            self.get_logger().warning(
                f'Playing, though nobody subscribes to {" or ".join(missing)}'
            )

    def _topics_without_subscriber(self) -> list:
        return [
            publisher.topic_name
            for publisher in self._publishers
            if not publisher.get_subscription_count()
        ]

    def _play(self):
        source, playback = self._playback.source, self._playback
        if self._stopped.is_set():
            return
        frames = 'an unknown number of' if source.length is None else source.length
        self.get_logger().info(
            f'Playing {source.name}: {frames} frame(s), {playback.rate or source.rate:g} Hz'
        )
        told = 0
        for frame in playback:
            self._publish(frame)
            if playback.dropped > told:
                told = playback.dropped
                self.get_logger().warning(
                    f'{told} of {told + playback.played} frames came too late and were dropped: '
                    'this machine cannot play as fast as that, lower the rate',
                    throttle_duration_sec=BETWEEN_DROP_REPORTS,
                )
        end = 'Stopped' if self._stopped.is_set() else 'End of'
        self.get_logger().info(
            f'{end} {source.name}: {playback.played} pair(s) published, {playback.dropped} dropped'
        )

    def _publish(self, frame: StereoFrame):
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=self._frame_id)
        for publisher, image in zip(self._publishers, (frame.left, frame.right), strict=True):
            publisher.publish(to_message(image, 'bgr8', header))

    def _wait_for_delivery(self):
        """Wait until the subscribers have what was published, which is lost when we are gone."""
        deadline = time.monotonic() + LONGEST_DELIVERY
        waiting = list(self._publishers)
        while waiting and time.monotonic() < deadline and not self._stopped.is_set():
            try:
                if waiting[0].wait_for_all_acked(Duration(seconds=0.1)):
                    waiting.pop(0)
            except RuntimeError:  # a middleware that cannot tell
                self._stopped.wait(1.0)
                return


def main(args: list[str] | None = None) -> int:
    """Run the node until the end of its source, and return the exit code."""
    return run(StereoPlayerNode, (SourceError,), StereoPlayerNode.stop, args)


if __name__ == '__main__':
    sys.exit(main())
