# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
ROS 2 node: stereo footage from files, the web and cameras, published as a camera would.

docs/nodes.md has the topics, services and parameters.

The exit code is 0 after an interrupt and at the end of the source, once the subscribers have
acknowledged its last frame or five seconds have passed. It is 1 if the source cannot be played or
a parameter is wrong; one line says why.
"""

from __future__ import annotations

from contextlib import ExitStack
import logging
import sys
import threading
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from crestereo_ros.calibration import read_stereo_calibration, StereoCalibration
from crestereo_ros.nodes.parameters import LiveParameters
from crestereo_ros.nodes.player.calibration import PlayerCalibration
from crestereo_ros.nodes.player.clock import PlayerClock
from crestereo_ros.nodes.player.controls import PlayerControls
from crestereo_ros.nodes.player.frame_publisher import FramePublisher
from crestereo_ros.nodes.player.health import PlayerHealth
from crestereo_ros.nodes.player.settings import PlayerParameterError, PlayerSettings
from crestereo_ros.nodes.ros_log_handler import RosLogHandler
from crestereo_ros.nodes.running import run
from crestereo_ros.parameters import PLAYER_PARAMETERS
from crestereo_ros.preparation import FramePreparation
from crestereo_ros.sources import open_source, Playback, StartError, StereoSource

NAME = 'stereo_player'
STOP_TIMEOUT = 2.0  # s that `close` waits for the playing thread
UPDATE_INTERVAL = 0.05  # s until changed parameters are used
REPORT_INTERVAL = 1.0  # s
DROP_WARNING_INTERVAL = 5.0  # s


class StereoPlayerNode(Node):
    """
    Play one source in a separate thread, so that services and parameters always respond.

    The end of the source shuts the node's context down. An error in the playing thread is raised
    by a callback of the executor.
    """

    def __init__(self, **node_arguments: Any) -> None:  # noqa: ANN401
        """
        Open the source and start to play; `close` ends the node.

        :param node_arguments: arguments of `rclpy.node.Node`, except its name
        :raises CrestereoError: if the source, a calibration or a parameter cannot be used
        :raises rclpy.exceptions.ParameterException: if a parameter has a wrong type or is out of
            range
        """
        super().__init__(NAME, **node_arguments)
        self._live_parameters = LiveParameters(self, PLAYER_PARAMETERS, PlayerSettings.of)
        values = self._live_parameters.settings.values
        self._stopped = threading.Event()
        self._error: Exception | None = None
        with ExitStack() as on_failure:
            self._log_handler = RosLogHandler(self.get_logger())
            on_failure.callback(self._log_handler.close)
            logging.getLogger('crestereo_ros').setLevel(logging.INFO)  # for the alignment
            calibration = self._read_calibration()
            source = self._open_source()
            self._calibration = PlayerCalibration(self, calibration or source.calibration)
            self._playback = Playback(
                source,
                rate=values['rate'],
                loop=values['loop'],
                start=values['start_time'],
                duration=values['duration'],
            )
            self._preparation = FramePreparation(on_estimated=self._playback.start_anew)
            clock = PlayerClock(
                self, self._playback, values['stamps'], publish=values['publish_clock']
            )
            self._frames = FramePublisher(
                self, self._preparation, self._calibration, clock, values['frame_id']
            )
            self._calibration.warn_if_raw(self._frames.topics)
            self._live_parameters.follow(lambda settings: None, self._use)
            PlayerControls(self, self._playback)
            health = PlayerHealth(self, self._playback, self._preparation, self._frames)
            self._ended = self.create_guard_condition(self._on_ended)
            # ROS time may be this player's own clock, which stands still while paused.
            steady = Clock(clock_type=ClockType.STEADY_TIME)
            self.create_timer(UPDATE_INTERVAL, self._live_parameters.update, clock=steady)
            self.create_timer(REPORT_INTERVAL, health.report, clock=steady)
            on_failure.pop_all()
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop playing; wait at most `STOP_TIMEOUT` for a source that hangs."""
        self._stopped.set()
        self._playback.stop()
        self._thread.join(STOP_TIMEOUT)
        self._preparation.close()
        self._log_handler.close()

    def _read_calibration(self) -> StereoCalibration | None:
        """Return the calibration from the files, None if none are given."""
        values = self._live_parameters.settings.values
        if not values['camera_info_left']:
            return None
        return read_stereo_calibration(values['camera_info_left'], values['camera_info_right'])

    def _open_source(self) -> StereoSource:
        values = self._live_parameters.settings.values
        source = open_source(
            values['source'],
            values['source_right'],
            source_type=values['source_type'],
            max_height=values['max_height'],
            left_topic=values['left_topic'],
            right_topic=values['right_topic'],
            pair_tolerance=values['pair_tolerance'],
            pair_by=values['pair_by'],
            intensity_range=values['intensity_range'],
        )
        if values['start_time']:
            try:  # before anybody waits for the first frame
                next(source.frames(values['start_time']))
            except StartError as error:
                raise PlayerParameterError(
                    f'start_time cannot be used: {error}; 0.0 starts with the first frame'
                ) from error
        return source

    def _use(self, settings: PlayerSettings) -> None:
        align = settings.aligned(self._calibration.is_known)
        self._calibration.warn_if_aligned(align)
        self._playback.rate = settings.values['rate']
        self._playback.loop = settings.values['loop']
        self._preparation.configure(align=align, swap=settings.swap, resize=settings.resize)

    def _on_ended(self) -> None:
        if self._error is not None:
            raise self._error
        self.context.try_shutdown()

    # The methods below run in the playing thread.

    def _run(self) -> None:
        longest = self._live_parameters.settings.values['wait_for_subscribers']
        try:
            self._frames.wait_for_subscribers(longest, self._stopped)
            if not self._stopped.is_set():
                self._play()
            self._frames.wait_for_delivery(self._stopped)
        except Exception as error:
            self._error = error
        if self.context.ok():  # a guard condition cannot be triggered after the shutdown
            self._ended.trigger()

    def _play(self) -> None:
        source, playback = self._playback.source, self._playback
        frames = 'an unknown number of' if source.length is None else source.length
        self.get_logger().info(
            f'Playing {source.name}: {frames} frame(s), {playback.rate or source.rate:g} Hz'
        )
        warned = 0
        for frame in playback:
            self._frames.publish(frame)
            if playback.dropped > warned:
                warned = playback.dropped
                self.get_logger().warning(
                    f'{warned} of {warned + playback.played} frames were late and dropped: this '
                    'machine cannot play that fast, lower the rate',
                    throttle_duration_sec=DROP_WARNING_INTERVAL,
                )
        end = 'Stopped' if self._stopped.is_set() else 'End of'
        self.get_logger().info(
            f'{end} {source.name}: {playback.played} pair(s) published, {playback.dropped} dropped'
        )


def main(args: list[str] | None = None) -> int:
    """Run the node until the end of its source, and return the exit code."""
    return run(StereoPlayerNode, StereoPlayerNode.close, args)


if __name__ == '__main__':
    sys.exit(main())
