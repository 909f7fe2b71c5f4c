# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The diagnostics of the depth node, and warnings about its inputs."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import numpy as np
from rclpy.node import Node

from crestereo_ros.nodes.depth.model_loader import ModelLoader
from crestereo_ros.nodes.depth.outputs import Output
from crestereo_ros.nodes.depth.pair_counters import PairCounters, PairDrop
from crestereo_ros.nodes.depth.pair_decoder import PairDecoder
from crestereo_ros.nodes.depth.pair_matcher import PairMatcher
from crestereo_ros.nodes.depth.stereo_input import StereoInput
from crestereo_ros.nodes.diagnostics import array_of
from crestereo_ros.pairing import PairingProblem
from crestereo_ros.providers.engine_builds import builds_in_progress

LONG_INFERENCE = 5.0  # seconds; a longer inference is a warning
DEPTH_NEEDS = (
    'Depth needs a calibration there (remap left/camera_info and right/camera_info if it is '
    'published elsewhere), or the parameters focal_length and baseline'
)


class Health:
    """Publishes the state of the node's parts. Runs in the executor's thread."""

    def __init__(
        self,
        node: Node,
        images: StereoInput,
        models: ModelLoader,
        decoder: PairDecoder,
        matcher: PairMatcher,
        outputs: Sequence[Output],
        counters: PairCounters,
    ) -> None:
        self._node = node
        self._images = images
        self._models = models
        self._decoder = decoder
        self._matcher = matcher
        self._outputs = outputs
        self._counters = counters
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self._logged_problem: PairingProblem | None = None
        self._seen_no_depth = self._logged_no_depth = ''
        self._last_report = (monotonic(), 0)  # its time, and the number of results so far
        self._last_sizes = (monotonic(), 0)  # its time, and the bytes published so far

    def report(self, state: str, failure: str) -> None:
        """
        Publish the diagnostics and log new problems. Call this once a second.

        :param state: the lifecycle state of the node, which works only in 'Active'
        :param failure: why the configure transition failed, empty if it did not
        """
        self._log_missing_depth()
        level, message = self._status(state, failure)
        self._publisher.publish(
            array_of(self._node, 'depth', level, message, self._values(), self._hardware_id())
        )

    def _status(self, state: str, failure: str) -> tuple[bytes, str]:
        rate = self._rate()
        problem = self._pairing_problem()
        no_depth = self._matcher.no_depth
        if failure:
            return DiagnosticStatus.ERROR, failure
        if state != 'Active':
            return DiagnosticStatus.OK, state
        if build := builds_in_progress():
            return DiagnosticStatus.WARN, build
        if self._models.active is None:
            return DiagnosticStatus.WARN, f'Loading {self._models.loading}'
        refused = self._refused()
        if refused and not self._images.is_open:
            return DiagnosticStatus.WARN, f'Nobody can receive {refused}'
        if not self._images.is_open:
            topics = ', '.join(output.full_topic for output in self._outputs)
            return DiagnosticStatus.OK, f'Idle: nobody subscribes to {topics}'
        if problem and self._images.ended:
            return DiagnosticStatus.OK, f'No more images: {self._images.ended} has ended'
        if problem:
            stale = self._images.is_stale
            return DiagnosticStatus.ERROR if stale else DiagnosticStatus.WARN, problem
        if self._matcher.inference_time > LONG_INFERENCE:
            return DiagnosticStatus.WARN, (
                f'The inference has been running for {self._matcher.inference_time:.0f} s: lower '
                'the resolution or iterations'
            )
        if self._counters.last_error:
            fails = self._counters.fails
            level = DiagnosticStatus.ERROR if fails else DiagnosticStatus.WARN
            return level, self._counters.last_error
        if faults := self._decoder.faults:
            level = DiagnosticStatus.ERROR if faults[0].is_error else DiagnosticStatus.WARN
            return level, f'{" and ".join(self._images.topics.values())}: {faults[0].text}'
        if self._models.substitution:
            return DiagnosticStatus.WARN, self._models.substitution
        if self._matcher.latency_limit.problem:
            return DiagnosticStatus.WARN, self._matcher.latency_limit.problem
        if self._decoder.problem:
            return DiagnosticStatus.WARN, self._decoder.problem
        if no_depth is not None:
            depths = [output for output in self._outputs if output.needs_calibration]
            topics = ', '.join(output.full_topic for output in depths if output.is_subscribed)
            if topics:
                return DiagnosticStatus.WARN, (
                    f'Nothing on {topics}: {no_depth.reason}. {DEPTH_NEEDS}'
                )
            if no_depth.is_fault:
                return DiagnosticStatus.WARN, f'Disparity without depth: {no_depth.reason}'
        if refused:
            return DiagnosticStatus.WARN, f'Not everybody can receive {refused}'
        return DiagnosticStatus.OK, f'{rate:.1f} disparities per second'

    def _refused(self) -> str:
        """Return the results that a subscriber does not receive, each with the reason."""
        return '; '.join(
            f'{x.full_topic}: {reason}' for x in self._outputs for reason in x.incompatible
        )

    def _rate(self) -> float:
        """Return the disparities per second since the last call."""
        before, results_before = self._last_report
        self._last_report = now, results = monotonic(), self._counters.results
        return (results - results_before) / (now - before)

    def _pairing_problem(self) -> str:
        """Return why no pairs arrive, empty if they do. Log the reason when it changes."""
        problem, text = self._images.problem() or (None, '')
        if problem is not None and problem != self._logged_problem:
            if self._images.ended:
                self._node.get_logger().info(f'No more images: {self._images.ended} has ended')
            else:
                self._node.get_logger().warning(text)
        self._logged_problem = problem
        return text

    def _values(self) -> dict[str, Any]:
        latest, active = self._counters.latest, self._models.active
        drops = {**self._counters.drops, PairDrop.NEWER_PAIR: self._matcher.replaced}
        values = self._images.values()
        values.update(self._decoder.values())
        values['pairs processed'] = self._counters.results
        values |= self._sizes()
        values.update({f'pairs dropped: {reason.value}': n for reason, n in drops.items()})
        if active is not None:
            values['model'] = active.matcher.model
            values['network'] = active.matcher.description
            ran = latest if latest and latest.key == active.key else active.matcher
            values['provider'] = ran.provider
            if ran.placement is not None:
                values['run by the provider'] = ran.placement
        if latest is not None:
            values['resolution'] = '{}x{}'.format(*latest.resolution)
            values['iterations'] = latest.iterations
            values['started from'] = latest.started_from
            values['pixels known (%)'] = f'{100 * latest.known:.1f}'
            values['median confidence'] = f'{latest.confidence:.2f}'
            recent = self._counters.recent
            values.update(_times('inference', [x.inference for x in recent]))
            values.update(_times('overhead', [x.overhead for x in recent]))
            values.update(_times('age of result', [x.age for x in recent]))
        if self._matcher.latency_limit.adapted:
            values['adapted'] = self._matcher.latency_limit.adapted
        if self._matcher.no_depth is not None:
            values['no depth'] = self._matcher.no_depth.reason
        if self._matcher.calibration:
            values['calibration'] = self._matcher.calibration
        return values

    def _sizes(self) -> dict[str, str]:
        """Return how large the messages are that somebody receives, and all of them together."""
        sizes = {
            f'size of {output.topic} (kB)': f'{output.message_bytes / 1e3:.1f}'
            for output in self._outputs
            if output.is_subscribed and output.message_bytes
        }
        before, published_before = self._last_sizes
        now, published = monotonic(), sum(output.published for output in self._outputs)
        self._last_sizes = now, published
        rate = max(0, published - published_before) / (now - before)
        return {**sizes, 'published (MB/s)': f'{rate / 1e6:.1f}'}

    def _hardware_id(self) -> str:
        active = self._models.active
        return f'{active.matcher.provider}: {active.matcher.model}' if active else ''

    def _log_missing_depth(self) -> None:
        # Only if this still holds a second later: images may arrive just before their camera_info.
        no_depth = self._matcher.no_depth
        reason = no_depth.reason if no_depth else ''
        if reason == self._seen_no_depth != self._logged_no_depth:
            self._logged_no_depth = reason
            if reason:
                self._node.get_logger().warning(
                    f'Disparity is published with f = 0 and t = 0, so without depth: {reason}'
                )
        self._seen_no_depth = reason


def _times(name: str, seconds: Sequence[float]) -> dict[str, str]:
    """Return the latest of several times, and the median and 95th percentile of all."""
    times = {
        f'{name} (ms)': seconds[-1],
        f'{name}: median (ms)': np.percentile(seconds, 50),
        f'{name}: 95th percentile (ms)': np.percentile(seconds, 95),
    }
    return {key: f'{1e3 * time:.1f}' for key, time in times.items()}
