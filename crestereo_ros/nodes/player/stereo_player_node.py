# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Publish stereo footage from files, the web and cameras as a camera would.

docs/nodes.md has the topics, services and parameters.

The exit code is 0 when the source has ended (after its last frame was acknowledged by the
subscribers, or five seconds) or the node was interrupted, and 1, after one line that says why,
when the source cannot be played or a parameter is wrong.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from crestereo_ros.nodes.diagnostics import array_of
from crestereo_ros.nodes.image_messages import to_message
from crestereo_ros.nodes.parameters import declare, descriptor_of
from crestereo_ros.nodes.player.calibration import PlayerCalibration
from crestereo_ros.nodes.player.clock import PlayerClock
from crestereo_ros.nodes.player.settings import (
    PlayerParameterError,
    PlayerSettings,
    POSITION,
    position_of,
)
from crestereo_ros.nodes.ros_log_handler import RosLogHandler
from crestereo_ros.nodes.running import run
from crestereo_ros.parameters import PLAYER_PARAMETERS
from crestereo_ros.preparation.frame_preparation import FramePreparation
from crestereo_ros.sources import open_source, Playback, StartError, StereoFrame

NAME = 'stereo_player'
LONGEST_DELIVERY = 5.0  # s
LONGEST_STOP = 2.0  # s
BETWEEN_DROP_REPORTS = 5.0  # s


class StereoPlayerNode(Node):
    """
    Plays one source in a thread of its own, so that all else is answered at any time.

    The end of the source shuts the node's context down. What goes wrong before is raised by a
    callback, so that it comes out of `spin`.
    """

    def __init__(self):
        """
        Open the source and start.

        :raises SourceError: when it cannot be played
        :raises CalibrationError: when a calibration cannot be used
        :raises PlayerParameterError, ParameterException: when a parameter has a wrong value, or
            type
        """
        super().__init__(NAME)
        self._settings = PlayerSettings.of(declare(self, PLAYER_PARAMETERS))
        values = self._settings.values
        self._log_handler = RosLogHandler(self.get_logger())
        logging.getLogger('crestereo_ros').setLevel(logging.INFO)  # how images are aligned
        self._calibration = PlayerCalibration(
            self, values['camera_info_left'], values['camera_info_right']
        )
        self._playback = Playback(
            self._open_source(),
            rate=values['rate'],
            loop=values['loop'],
            start=values['start_time'],
            duration=values['duration'],
        )
        self._preparation = FramePreparation(on_estimated=self._playback.start_anew)
        self._size = None  # of the latest images, (height, width)
        self._reported = (0, 0)  # frames published and dropped when the diagnostics were last made
        self._use(self._settings)
        # By their depth alone they are reliable: best effort loses almost every large image over
        # the default transport.
        overridable = QoSOverridingOptions.with_default_policies()
        self._image_publishers = [
            self.create_publisher(
                Image, f'{side}/image_raw', 5, qos_overriding_options=overridable
            )
            for side in ('left', 'right')
        ]
        self._clock_of_stamps = PlayerClock(
            self, self._playback, values['stamps'], publish=values['publish_clock']
        )
        self._diagnostics_publisher = self.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self.declare_parameter(POSITION.name, POSITION.default, descriptor_of(POSITION))
        self._telling_position = False
        self.add_on_set_parameters_callback(self._on_parameters)
        for name in ('pause', 'resume', 'step'):
            self.create_service(Trigger, f'~/{name}', getattr(self, f'_on_{name}'))
        self._error = None
        self._ended = self.create_guard_condition(self._on_ended)
        self._stopped = threading.Event()
        # Not on the clock of ROS: that may be the one that stands still while this is paused.
        self.create_timer(1.0, self._report, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)
        self._thread.start()

    def stop(self) -> bool:
        """End playing; return whether it has ended, which a hanging disk can prevent."""
        self._stopped.set()
        self._playback.stop()
        self._thread.join(LONGEST_STOP)
        self._preparation.close()
        self._log_handler.close()
        return not self._thread.is_alive()

    def _open_source(self):
        values = self._settings.values
        source = open_source(
            values['source'],
            values['source_right'],
            source_type=values['source_type'],
            max_height=values['max_height'],
        )
        if values['start_time']:
            try:  # before anybody waits for the first frame
                next(source.frames(values['start_time']))
            except StartError as error:
                raise PlayerParameterError(
                    f'start_time cannot be used: {error}; 0.0 starts with the first frame'
                ) from error
        return source

    # Parameters and services, in the executor's thread

    def _use(self, settings: PlayerSettings):
        self._settings = settings
        self._calibration.tell_if_aligned(settings.align)
        self._playback.rate = settings.values['rate']
        self._playback.loop = settings.values['loop']
        self._preparation.configure(
            align=settings.align, swap=settings.swap, resize=settings.resize
        )

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        """Take up new values; types and ranges have been checked by the descriptors."""
        if self._telling_position:
            return SetParametersResult(successful=True)
        changes = {parameter.name: parameter.value for parameter in parameters}
        known = self._settings.values
        try:
            settings = PlayerSettings.of(
                {name: changes.get(name, value) for name, value in known.items()}
            )
            if 'position' in changes:
                self._playback.seek(position_of(changes['position']))
        except PlayerParameterError as error:
            return SetParametersResult(successful=False, reason=str(error))
        except StartError as error:
            return SetParametersResult(successful=False, reason=f'position: {error}')
        self._use(settings)
        return SetParametersResult(successful=True)

    def _on_pause(self, _, response):
        self._playback.pause()
        return self._answered(response, f'paused at {self._playback.position:.3f} s')

    def _on_resume(self, _, response):
        self._playback.resume()
        return self._answered(response, f'playing from {self._playback.position:.3f} s')

    def _on_step(self, _, response):
        if not self._playback.paused:
            return self._answered(response, 'nothing to step through: pause first', success=False)
        self._playback.step()
        return self._answered(response, f'one frame on from {self._playback.position:.3f} s')

    def _answered(self, response, message, success=True):
        response.success, response.message = success, message
        return response

    # Diagnostics, in the executor's thread, once a second

    def _report(self):
        self._tell_position()
        level, message = self._health()
        array = array_of(
            self, 'player', level, message, self._values(), self._playback.source.name
        )
        self._diagnostics_publisher.publish(array)

    def _tell_position(self):
        position = float(self._playback.position)
        if position == self.get_parameter('position').value:
            return
        self._telling_position = True
        try:
            self.set_parameters([Parameter('position', value=position)])
        finally:
            self._telling_position = False

    def _health(self) -> tuple[bytes, str]:
        playback = self._playback
        before, self._reported = self._reported, (playback.played, playback.dropped)
        played, dropped = (now - then for now, then in zip(self._reported, before, strict=True))
        if playback.paused:
            return DiagnosticStatus.OK, 'Paused'
        if not playback.played:
            return DiagnosticStatus.OK, 'Waiting for the first frame'
        if dropped:
            return DiagnosticStatus.WARN, (
                f'{dropped} of the last {played + dropped} frames came too late and were dropped: '
                'lower rate or resize'
            )
        return DiagnosticStatus.OK, f'{played} frames in the last second'

    def _values(self) -> dict[str, Any]:
        playback = self._playback
        values = {
            'source': playback.source.name,
            'frames published': playback.played,
            'frames dropped': playback.dropped,
            'position (s)': f'{playback.position:.3f}',
            'paused': playback.paused,
            'alignment': self._preparation.report,
        }
        if self._size:
            values['image size'] = '{}x{}'.format(*self._size)
        return values

    # Playing, in a thread of its own

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
        longest = self._settings.values['wait_for_subscribers']
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
            for publisher in self._image_publishers
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
        images = self._preparation.prepare(frame)
        header = Header(
            stamp=self._clock_of_stamps.stamp(), frame_id=self._settings.values['frame_id']
        )
        self._size = images[0].shape[:2]
        self._calibration.publish(frame.left.shape, self._size, header)
        for publisher, image in zip(self._image_publishers, images, strict=True):
            publisher.publish(to_message(image, 'bgr8', header))

    def _wait_for_delivery(self):
        """Wait until the subscribers have what was published, which is lost when we are gone."""
        deadline = time.monotonic() + LONGEST_DELIVERY
        waiting = list(self._image_publishers)
        while waiting and time.monotonic() < deadline and not self._stopped.is_set():
            try:
                if waiting[0].wait_for_all_acked(Duration(seconds=0.1)):
                    waiting.pop(0)
            except RuntimeError:  # a middleware that cannot tell
                self._stopped.wait(1.0)
                return


def main(args: list[str] | None = None) -> int:
    """Run the node until the end of its source, and return the exit code."""
    return run(StereoPlayerNode, StereoPlayerNode.stop, args)


if __name__ == '__main__':
    sys.exit(main())
