# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Matches pairs of image messages and publishes the results, in a separate thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np
from rclpy.node import Node

from crestereo_ros.calibration import StereoCalibration
from crestereo_ros.matching import MatchCancelledError, ProviderFailedError, StereoMatcher
from crestereo_ros.matching.pace import Effort
from crestereo_ros.matching.temporal import PreviousDisparity
from crestereo_ros.nodes.depth.calibration_input import NoDepth
from crestereo_ros.nodes.depth.latency_limit import LatencyLimit
from crestereo_ros.nodes.depth.model_loader import Active
from crestereo_ros.nodes.depth.outputs import Output
from crestereo_ros.nodes.depth.pair_counters import Latest, PairCounters, PairDrop
from crestereo_ros.nodes.depth.pair_decoder import (
    PairDecoder,
    ReceivedImage,
    UnusableImagesError,
)
from crestereo_ros.nodes.depth.result import Result
from crestereo_ros.pairing import NewestItemWorker, Pair, Side
from crestereo_ros.pictures import DisparityRange
from crestereo_ros.validity import known_pixels, right_disparity

BETWEEN_WARNINGS = 5.0  # seconds, of the same kind


@dataclass(frozen=True)
class Job:
    """A pair of images, what to match it with, and how and when it arrived."""

    pair: Pair[ReceivedImage]
    active: Active
    lost: int  # images that did not arrive, until then
    arrival: float  # of the second image, monotonic seconds


class PairMatcher:
    """
    Matches the newest pair and publishes the result on the outputs that are subscribed.

    A newer pair replaces the one that waits, so results are never older than two inferences.

    Attributes: `latency_limit`, which tells how the work was adapted.
    """

    def __init__(
        self,
        node: Node,
        decoder: PairDecoder,
        outputs: Sequence[Output],
        counters: PairCounters,
        on_provider_failure: Callable[[StereoMatcher, ProviderFailedError], object],
    ) -> None:
        """
        Start the thread.

        :param on_provider_failure: called there when a matcher's provider failed
        """
        self._node = node
        self._decoder = decoder
        self._outputs = outputs
        self._counters = counters
        self._on_provider_failure = on_provider_failure
        self.latency_limit = LatencyLimit()
        self._range = DisparityRange()
        self._no_depth: NoDepth | None = None
        self._calibration = ''
        self._previous = PreviousDisparity()
        self._matcher: StereoMatcher | None = None  # of the inference in progress
        self._inference_start: float | None = None
        self._warned: dict[type, float] = {}  # kind of error: when it was logged (monotonic)
        self._closed = False
        self._worker = NewestItemWorker(self._work, self._on_error, 'matching')

    @property
    def replaced(self) -> int:
        """How many pairs were replaced by a newer one."""
        return self._worker.snapshot().dropped

    @property
    def no_depth(self) -> NoDepth | None:
        """Why the latest result has no depth, None if it has."""
        return self._no_depth

    @property
    def calibration(self) -> str:
        """What the depth of the latest result follows from, empty if it has none."""
        return self._calibration

    @property
    def inference_time(self) -> float:
        """For how many seconds the inference in progress has been running, 0 without one."""
        start = self._inference_start
        return 0.0 if start is None else monotonic() - start

    def put(self, pair: Pair[ReceivedImage], active: Active, lost: int) -> None:
        """
        Hand in a pair and what to match it with; return at once.

        :param lost: how many images of both cameras did not arrive, until now
        """
        self._worker.put(Job(pair, active, lost, monotonic()))

    def close(self, timeout: float) -> None:
        """
        Take no more pairs, and cancel the inference in progress.

        :param timeout: seconds to wait for its end
        """
        self._closed = True
        self._worker.stop()
        matcher = self._matcher
        if matcher is not None:
            matcher.cancel()
        self._worker.stop(timeout)

    # In the worker's thread

    def _work(self, job: Job) -> None:
        settings, matcher = job.active.settings, job.active.matcher
        begin = monotonic()
        pair = self._decoder.decode(job.pair, settings.rectify)
        asked = matcher.resolved(pair.left.shape, settings.iterations, settings.resolution)
        how = self.latency_limit.effort(
            matcher, Effort(*asked), settings.max_latency, waited=begin - job.arrival
        )
        self._matcher = matcher
        self._inference_start = inference_start = monotonic()
        try:
            if self._closed:
                return  # `close` may have come before there was a matcher to cancel
            start, started_from = self._start(job, pair.left)
            match = matcher.match(pair.left, pair.right, *how, start)
            if settings.temporal:
                self._previous.keep(match.disparity)
            disparity_right = (
                right_disparity(matcher, pair.left, pair.right, *how)
                if settings.left_right_check
                else None
            )
        except ProviderFailedError as error:
            if not self._closed:
                self._on_provider_failure(matcher, error)
            raise
        finally:
            self._inference_start = None
            self._matcher = None  # it may be unloaded
        inference = monotonic() - inference_start

        calibration, source = pair.calibration, 'camera_info'
        if isinstance(calibration, NoDepth) and settings.focal_length and settings.baseline:
            height, width = match.disparity.shape
            source = f'the parameters: {calibration.reason}'
            calibration = StereoCalibration.of_numbers(
                width, height, settings.focal_length, settings.baseline
            )
        if isinstance(calibration, NoDepth):
            self._no_depth, self._calibration = calibration, ''
        else:
            self._no_depth = None
            self._calibration = (
                f'f {calibration.focal_length:.1f} px, baseline {calibration.baseline:.4f} m, '
                f'from {source}'
            )
        validity = known_pixels(
            match,
            pair.left,
            pair.right,
            settings.checks,
            None if isinstance(calibration, NoDepth) else calibration.principal_offset,
            disparity_right,
            any(x.uses_confidence and x.is_subscribed for x in self._outputs),
            seen=pair.seen.get(Side.LEFT),
            seen_right=pair.seen.get(Side.RIGHT),
        )
        result = Result(
            header=pair.header,
            left=pair.left,
            match=match,
            valid=validity.valid,
            confidence=validity.confidence,
            calibration=None if isinstance(calibration, NoDepth) else calibration,
            color_range=settings.outputs.color_range
            or self._range.update(match.disparity, validity.valid),
            settings=settings.outputs,
        )
        for output in self._outputs:
            if output.is_subscribed:
                output.publish(result)

        if self._counters.latest is None:
            self._node.get_logger().info(
                'First disparity: network at {}x{}, {} iterations, on {}, {:.0f} ms'.format(
                    *match.resolution,
                    match.iterations,
                    job.active.matcher.provider,
                    1e3 * match.seconds,
                )
            )
        end = monotonic()
        self.latency_limit.add(end - begin)
        self._counters.add_result(
            Latest(
                match.resolution,
                match.iterations,
                inference,
                overhead=end - begin - inference,
                age=end - job.arrival,
                started_from=started_from,
            )
        )

    def _start(self, job: Job, left: np.ndarray) -> tuple[np.ndarray | None, str]:
        """Return the disparity to start from, and in words what that is."""
        settings, matcher = job.active.settings, job.active.matcher
        if not settings.temporal or not matcher.takes_start:
            self._previous.forget()
            return None, 'nothing'
        setup = settings.matcher_key, settings.resolution
        start = self._previous.start_for(left, job.pair.left_stamp, setup, job.lost)
        reason = self._previous.reason
        return start, f'nothing: {reason}' if reason else 'previous disparity'

    def _on_error(self, error: Exception) -> None:
        if self._closed:
            return  # the cancelled inference
        self._previous.forget()
        if isinstance(error, MatchCancelledError):  # by a transition: nobody gets the result
            self._counters.add_drop(PairDrop.NO_SUBSCRIBER)
            return
        if isinstance(error, UnusableImagesError):
            reason, text = error.drop, str(error)
        else:
            reason, text = PairDrop.FAILED, f'Inference failed: {type(error).__name__}: {error}'
        self._counters.add_drop(reason, text)
        kind, now = type(error.__cause__ or error), monotonic()
        if now - self._warned.get(kind, -BETWEEN_WARNINGS) >= BETWEEN_WARNINGS:
            self._warned[kind] = now
            self._node.get_logger().warning(text)
