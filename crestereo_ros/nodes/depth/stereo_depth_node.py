# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ROS 2 node: stereo images in, disparity out. docs/nodes.md is its reference."""

from __future__ import annotations

from dataclasses import dataclass
import logging
from queue import SimpleQueue
import sys
from time import monotonic
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import numpy as np
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from stereo_msgs.msg import DisparityImage

from crestereo_ros.errors import CrestereoError
from crestereo_ros.matching import ImagePairError, StereoError, StereoMatcher
from crestereo_ros.nodes.depth.disparity_messages import (
    stereo_geometry,
    StereoGeometry,
    to_disparity_message,
    UNCALIBRATED,
    UncalibratedError,
)
from crestereo_ros.nodes.depth.settings import MATCHER_PARAMETERS, MatcherKey, Settings
from crestereo_ros.nodes.depth.stereo_input import StereoInput
from crestereo_ros.nodes.diagnostics import array_of, PairDrop, Result, Tally
from crestereo_ros.nodes.image_messages import ImageMessageError, to_array, to_message
from crestereo_ros.nodes.parameters import declare
from crestereo_ros.nodes.ros_log_handler import RosLogHandler
from crestereo_ros.nodes.running import run
from crestereo_ros.pairing import NewestItemWorker, Pair, PairingProblem, Side
from crestereo_ros.parameters import DEPTH_PARAMETERS
from crestereo_ros.pictures import colorize, DisparityRange

REPEAT_WARNING = 5.0  # seconds between two warnings of the same kind
LONG_INFERENCE = 5.0  # seconds from which on it is told
LONGEST_STOP = 1.0  # seconds that the end of the process waits for a thread


class UnusableImagesError(CrestereoError):
    """Images that cannot be matched; the text names their topics."""


@dataclass(frozen=True)
class Active:
    """What pairs are worked on with."""

    matcher: StereoMatcher
    settings: Settings


@dataclass(frozen=True)
class Job:
    """A pair of images, and when the second of them arrived (monotonic seconds)."""

    pair: Pair
    arrival: float


class StereoDepthNode(Node):
    """
    Pair images, match the newest pair and publish what is subscribed.

    The executor's thread only ever hands over work, to one thread that matches and one that
    loads models: parameters and signals are answered at once, whatever those are at.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__('stereo_depth', **node_arguments)
        logging.getLogger('crestereo_ros').addHandler(RosLogHandler(self.get_logger()))
        self._settings = Settings.of(declare(self, DEPTH_PARAMETERS))  # what the parameters say
        self._active: Active | None = None  # what is worked with: the same but while loading
        self._loading: MatcherKey | None = None
        self._range = DisparityRange()
        self._no_depth = self._seen_no_depth = self._told_no_depth = ''
        self._tally = Tally()
        self._warned: dict[type, float] = {}  # kind of error: when it was told (monotonic)
        self._problem: PairingProblem | None = None
        self._reported = (monotonic(), 0)
        self._inference_start: float | None = None
        self._closed = False

        overridable = QoSOverridingOptions.with_default_policies()
        self._disparity_publisher = self.create_publisher(
            DisparityImage, 'disparity', 5, qos_overriding_options=overridable
        )
        self._color_publisher = self.create_publisher(
            Image, 'disparity/image_color', 5, qos_overriding_options=overridable
        )
        self._diagnostics_publisher = self.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self._input = StereoInput(self, self._on_pair)
        self._input.configure(self._settings.sync_tolerance, self._settings.queue_size)
        self.add_on_set_parameters_callback(self._on_set_parameters)
        # Not on the clock of ROS: with use_sim_time that one stands still while nothing plays.
        self.create_timer(1.0, self._report, clock=Clock(clock_type=ClockType.STEADY_TIME))

        self._loaded: SimpleQueue[tuple[MatcherKey, StereoMatcher | Exception]] = SimpleQueue()
        self._on_loaded_condition = self.create_guard_condition(self._on_loaded)
        self._worker = NewestItemWorker(self._match, self._on_work_error, 'matching')
        self._loader = NewestItemWorker(self._load, self._on_work_error, 'loading')
        self._use_settings()

    def close(self) -> None:
        """Stop working and break off a match in progress; a model being loaded cannot be."""
        self._closed = True
        self._loader.stop()
        self._worker.stop()
        if self._active is not None:
            self._active.matcher.cancel()
        self._worker.stop(LONGEST_STOP)
        self._loader.stop(LONGEST_STOP)

    # Parameters and models, in the executor's thread

    def _on_set_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        changes = {p.name: p.value for p in parameters if p.name in self._settings.values}
        try:
            settings = Settings.of({**self._settings.values, **changes})
            if self._active and self._active.settings.matcher_key == settings.matcher_key:
                self._check(self._active.matcher, settings)
        except StereoError as error:
            return SetParametersResult(successful=False, reason=str(error))
        self._settings = settings
        self._input.configure(settings.sync_tolerance, settings.queue_size)
        self._use_settings()
        return SetParametersResult(successful=True)

    def _use_settings(self) -> None:
        """Work with the settings at once if the matcher stays, else as soon as one is loaded."""
        key = self._settings.matcher_key
        if self._active and self._active.settings.matcher_key == key:
            self._active = Active(self._active.matcher, self._settings)
        elif self._loading != key:
            self._loading = key
            self._loader.put(key)
            self.get_logger().info(f'Loading {key.text()}')

    def _load(self, key: MatcherKey) -> None:
        """Load a matcher, in the loader's thread; what came of it goes to `_on_loaded`."""
        try:
            self._loaded.put((key, StereoMatcher(key.model, key.provider, key.threads)))
        except Exception as error:
            self._loaded.put((key, error))
        self._on_loaded_condition.trigger()

    def _on_loaded(self) -> None:
        while not self._loaded.empty():
            key, loaded = self._loaded.get()
            if key == self._loading:
                self._loading = None
            if key != self._settings.matcher_key:
                continue  # the parameters have changed again since
            try:
                if isinstance(loaded, Exception):
                    raise loaded
                self._check(loaded, self._settings)
            except Exception as error:
                if self._active is None:
                    raise
                self._keep_active(error)
            else:
                self._active = Active(loaded, self._settings)
                self.get_logger().info(f'Model {loaded.model} runs on {loaded.provider}')

    def _keep_active(self, error: Exception) -> None:
        """Go on with the matcher that works, and let the parameters say so."""
        active = self._active.settings
        self.get_logger().error(
            f'{self._settings.matcher_key.text()} cannot be used, going on with '
            f'{active.matcher_key.text()} and setting the parameters back: {error}'
        )
        # At once, for what lies between the two need not work with either matcher.
        self.set_parameters_atomically(
            [
                Parameter(name, value=active.values[name])
                for name in MATCHER_PARAMETERS
                if active.values[name] != self._settings.values[name]
            ]
        )

    def _check(self, matcher: StereoMatcher, settings: Settings) -> None:
        """Raise SettingsError if the matcher cannot work with the settings."""
        matcher.check(settings.iterations, settings.resolution)

    # Pairs

    def _on_pair(self, pair: Pair) -> None:
        if self._active is None:
            self._tally.add_drop(PairDrop.NO_MODEL)
        elif not self._is_subscribed():
            self._tally.add_drop(PairDrop.NO_SUBSCRIBER)
        else:
            self._worker.put(Job(pair, monotonic()))

    def _is_subscribed(self) -> bool:
        publishers = (self._disparity_publisher, self._color_publisher)
        return any(publisher.get_subscription_count() for publisher in publishers)

    def _match(self, job: Job) -> None:
        """Match a pair and publish the disparity, in the worker's thread."""
        active = self._active
        topics = self._input.topics
        left, right = (
            readable(message, topics[side])
            for message, side in ((job.pair.left, Side.LEFT), (job.pair.right, Side.RIGHT))
        )
        wanted = active.settings.iterations, active.settings.resolution
        self._inference_start = monotonic()
        try:
            match = active.matcher.match(left, right, *wanted)
        except ImagePairError as error:
            raise UnusableImagesError(
                f'{topics[Side.LEFT]} and {topics[Side.RIGHT]}: {error}'
            ) from error
        finally:
            self._inference_start = None
        self._publish(match.disparity, job.pair.left.header)

        age = monotonic() - job.arrival
        if self._tally.latest is None:
            self.get_logger().info(
                'First disparity: network at {}x{}, {} iterations, on {}, {:.0f} ms'.format(
                    *match.resolution,
                    match.iterations,
                    active.matcher.provider,
                    1e3 * match.seconds,
                )
            )
        self._tally.add_result(Result(match.resolution, match.iterations, match.seconds, age))

    def _publish(self, disparity: np.ndarray, header: Header) -> None:
        limits = self._range.update(disparity)
        if self._disparity_publisher.get_subscription_count():
            geometry = self._geometry(disparity.shape[1])
            message = to_disparity_message(disparity, limits, geometry, header)
            self._disparity_publisher.publish(message)
        if self._color_publisher.get_subscription_count():
            picture = colorize(disparity, *limits)
            self._color_publisher.publish(to_message(picture, 'bgr8', header))

    def _geometry(self, width: int) -> StereoGeometry:
        try:
            geometry = stereo_geometry(*map(self._input.camera_info, Side), width)
        except UncalibratedError as error:
            self._no_depth = str(error)
            return UNCALIBRATED
        self._no_depth = ''
        return geometry

    def _on_work_error(self, error: Exception) -> None:
        if self._closed:
            return  # by now there may be nothing left to publish with
        if isinstance(error, UnusableImagesError):
            reason, text = PairDrop.UNUSABLE, str(error)
        else:
            reason, text = PairDrop.FAILED, f'Inference failed: {type(error).__name__}: {error}'
        self._tally.add_drop(reason, text)
        kind, now = type(error.__cause__ or error), monotonic()
        if now - self._warned.get(kind, -REPEAT_WARNING) >= REPEAT_WARNING:
            self._warned[kind] = now
            self.get_logger().warning(text)

    # Diagnostics, in the executor's thread, once a second

    def _report(self) -> None:
        self._input.adapt_reliability()
        self._tell_missing_depth()
        level, message = self._health()
        array = array_of(self, 'depth', level, message, self._values())
        self._diagnostics_publisher.publish(array)

    def _health(self) -> tuple[bytes, str]:
        rate = self._rate()
        problem = self._told_problem()
        start = self._inference_start
        if self._active is None:
            return DiagnosticStatus.WARN, f'Loading {self._settings.matcher_key.text()}'
        if problem:
            return DiagnosticStatus.WARN, problem
        if not self._is_subscribed():
            return DiagnosticStatus.OK, 'Idle: nobody subscribes to the disparity'
        if start is not None and monotonic() - start > LONG_INFERENCE:
            return DiagnosticStatus.WARN, (
                f'The inference has been running for {monotonic() - start:.0f} s: lower the '
                'resolution or iterations, unless TensorRT is preparing for a new size'
            )
        if self._tally.trouble:
            return DiagnosticStatus.WARN, self._tally.trouble
        return DiagnosticStatus.OK, f'{rate:.1f} disparities per second'

    def _rate(self) -> float:
        """Return the disparities per second since the last call."""
        before, results_before = self._reported
        self._reported = now, results = monotonic(), self._tally.results
        return (results - results_before) / (now - before)

    def _told_problem(self) -> str:
        """Return why no pairs come, empty if they do, and log it when it is another reason."""
        problem, text = self._input.problem() or (None, '')
        if problem is not None and problem != self._problem:
            self.get_logger().warning(text)
        self._problem = problem
        return text

    def _values(self) -> dict[str, Any]:
        worker, latest, active = self._worker.snapshot(), self._tally.latest, self._active
        drops = {**self._tally.drops, PairDrop.NEWER_PAIR: worker.dropped}
        values = self._input.values()
        values['pairs processed'] = self._tally.results
        values.update({f'pairs dropped: {reason.value}': n for reason, n in drops.items()})
        if active is not None:
            values['model'] = active.matcher.model
            values['provider'] = active.matcher.provider
        if latest is not None:
            values['resolution'] = '{}x{}'.format(*latest.resolution)
            values['iterations'] = latest.iterations
            values['inference (ms)'] = f'{1e3 * latest.inference:.1f}'
            values['age of result (ms)'] = f'{1e3 * latest.age:.1f}'
        if self._no_depth:
            values['no depth'] = self._no_depth
        return values

    def _tell_missing_depth(self) -> None:
        # Only what still holds a second later: images may arrive just before their camera_info.
        if self._no_depth == self._seen_no_depth != self._told_no_depth:
            self._told_no_depth = self._no_depth
            if self._no_depth:
                self.get_logger().warning(
                    f'Disparity is published with f = 0 and t = 0, so without depth: '
                    f'{self._no_depth}'
                )
        self._seen_no_depth = self._no_depth


def readable(message: Image, topic: str) -> np.ndarray:
    """Return the picture in a message, or raise UnusableImagesError that names its topic."""
    try:
        return to_array(message)
    except ImageMessageError as error:
        raise UnusableImagesError(f'{topic}: {error}') from error


def main(args: list[str] | None = None) -> int:
    return run(
        StereoDepthNode,
        fatal=(StereoError,),
        close=StereoDepthNode.close,
        args=args,
    )


if __name__ == '__main__':
    sys.exit(main())
