# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Matches pairs of image messages and publishes the results, in a separate thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
import math
import os
from time import monotonic

import numpy as np
from rclpy.node import Node

from crestereo_ros.matching import MatchCancelledError, ProviderFailedError, StereoMatcher
from crestereo_ros.nodes.depth.calibration_input import NoDepth
from crestereo_ros.nodes.depth.model_loader import Active
from crestereo_ros.nodes.depth.outputs import Output
from crestereo_ros.nodes.depth.pair_counters import Latest, PairCounters, PairDrop
from crestereo_ros.nodes.depth.pair_decoder import (
    DecodedPair,
    PairDecoder,
    ReceivedImage,
    UnusableImagesError,
)
from crestereo_ros.nodes.depth.publication import Publication
from crestereo_ros.pairing import NewestItemWorker, Pair, SecondStage
from crestereo_ros.pipeline import DepthPipeline, DepthResult, RectifiedPair
from crestereo_ros.pipeline.latency_limit import LatencyLimit

MEDIAN_INTERVAL = 1.0  # seconds between medians of the confidence
WARNING_INTERVAL = 5.0  # seconds between warnings of the same kind
# With fewer, the stages would compete for the cores, and results would only get older.
CORES_FOR_TWO_STAGES = 3


@dataclass(frozen=True)
class Job:
    """A pair of images, what to match it with, and how and when it arrived."""

    pair: Pair[ReceivedImage]
    active: Active
    pipeline: DepthPipeline
    lost: int  # images that did not arrive so far
    arrival: float  # of the second image, monotonic seconds


class PairMatcher:
    """
    Matches the newest pair and publishes the result on the outputs that have subscribers.

    A newer pair replaces the waiting one. Where there are enough cores, the network works on a
    pair while the previous result is refined, checked and published. A result waits only for the
    previous one between the two stages, so results are never older than two inferences and a
    publication, or three publications if those are slower.
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

        :param on_provider_failure: called in that thread when a matcher's provider fails
        """
        self._node = node
        self._decoder = decoder
        self._outputs = outputs
        self._counters = counters
        self._on_provider_failure = on_provider_failure
        self._pipeline: DepthPipeline | None = None  # until the first pair, and after `release`
        self._no_depth: NoDepth | None = None
        self._calibration = ''
        self._matcher: StereoMatcher | None = None  # of the inference in progress
        self._inference_start: float | None = None
        self._warned: dict[type, float] = {}  # when (monotonic) each kind of error was last logged
        self._next_median = 0.0  # monotonic seconds
        self._confidence = math.nan  # the latest median
        self._closed = False
        self._publishing = SecondStage(self._report)
        self._worker = NewestItemWorker(self._work, self._on_error, 'matching')

    @property
    def replaced(self) -> int:
        """How many pairs a newer one replaced."""
        return self._worker.snapshot().dropped

    @property
    def latency_limit(self) -> LatencyLimit:
        """How the work is adapted to `max_latency_ms`."""
        pipeline = self._pipeline
        return pipeline.latency_limit if pipeline else LatencyLimit()

    @property
    def no_depth(self) -> NoDepth | None:
        """Why the latest result has no depth, None if it has depth."""
        return self._no_depth

    @property
    def calibration(self) -> str:
        """What the depth of the latest result was computed from, empty if it has none."""
        return self._calibration

    @property
    def inference_time(self) -> float:
        """How many seconds the inference in progress has been running, 0 if there is none."""
        start = self._inference_start
        return 0.0 if start is None else monotonic() - start

    def put(self, pair: Pair[ReceivedImage], active: Active, lost: int) -> None:
        """
        Hand over a pair and what to match it with, and return at once.

        :param lost: how many images of both cameras did not arrive so far
        """
        if self._pipeline is None:
            self._pipeline = DepthPipeline(active.matcher)
        self._worker.put(Job(pair, active, self._pipeline, lost, monotonic()))

    def release(self) -> None:
        """Release the matcher and the waiting pair."""
        self._worker.clear()
        self._pipeline = None

    def close(self, timeout: float) -> None:
        """
        Accept no more pairs, and cancel the inference in progress.

        :param timeout: seconds to wait for its end
        """
        self._closed = True
        self._worker.stop()
        matcher = self._matcher
        if matcher is not None:
            matcher.cancel()
        self._worker.stop(timeout)
        self._publishing.stop(timeout)

    # In the worker's thread

    def _work(self, job: Job) -> None:
        begin = monotonic()
        settings = job.active.settings
        decoded = self._decoder.decode(
            job.pair,
            settings.rectify,
            job.lost,
            settings.depth.baseline,
            settings.intensity_range,
            settings.baseline_from_tf,
        )
        result = self._process(job, decoded.images, waited=begin - job.arrival)
        worked = monotonic() - begin
        publishing = self._publishing.run(
            partial(self._publish, job, decoded, result, worked),
            in_thread=len(os.sched_getaffinity(0)) >= CORES_FOR_TWO_STAGES,
        )
        job.pipeline.latency_limit.add(worked + publishing)

    def _publish(self, job: Job, decoded: DecodedPair, result: DepthResult, worked: float) -> None:
        # Runs in the thread of the second stage. `worked`: seconds in the first.
        begin = monotonic()
        self._no_depth, self._calibration = _calibration_used(result, decoded.no_depth)
        publication = Publication(decoded.header, result, job.active.settings.outputs)
        for output in self._outputs:
            if output.is_subscribed:
                output.publish(publication)
        match = result.match
        if begin >= self._next_median:  # not each time: computing the confidence takes a while
            self._next_median = begin + MEDIAN_INTERVAL
            self._confidence = float(np.median(result.confidence))
        if self._counters.latest is None:
            self._node.get_logger().info(
                'First disparity: network at {}x{}, {} iterations, on {}, {:.0f} ms'.format(
                    *match.resolution, match.iterations, match.provider, 1e3 * match.seconds
                )
            )
        end = monotonic()
        inference = result.seconds['match'] + result.seconds.get('left_right_check', 0.0)
        self._counters.add_result(
            Latest(
                job.active.key,
                match.provider,
                match.placement,
                match.resolution,
                match.iterations,
                inference,
                overhead=worked - inference + end - begin,
                age=end - job.arrival,
                known=float(result.known.mean()),
                confidence=self._confidence,
                started_from=result.started_from,
            )
        )

    def _process(self, job: Job, pair: RectifiedPair, waited: float) -> DepthResult:
        pipeline, matcher = job.pipeline, job.active.matcher
        pipeline.matcher, pipeline.settings = matcher, job.active.settings.depth
        self._matcher = matcher
        self._inference_start = monotonic()
        try:
            if self._closed:  # perhaps before there was a matcher to cancel
                raise MatchCancelledError('the node ends')
            return pipeline.process(pair, waited)
        except ProviderFailedError as error:
            if not self._closed:
                self._on_provider_failure(matcher, error)
            raise
        finally:
            self._inference_start = None
            self._matcher = None  # it may be unloaded

    def _on_error(self, error: Exception) -> None:
        pipeline = self._pipeline
        if pipeline is not None:
            pipeline.forget_previous()
        self._report(error)

    # In both threads

    def _report(self, error: Exception) -> None:
        if self._closed:
            return
        if isinstance(error, MatchCancelledError):
            self._counters.add_drop(PairDrop.NO_MODEL)
            return
        if isinstance(error, UnusableImagesError):
            reason, text = error.drop, str(error)
        else:
            reason, text = PairDrop.FAILED, f'Inference failed: {type(error).__name__}: {error}'
        self._counters.add_drop(reason, text)
        kind, now = type(error.__cause__ or error), monotonic()
        if now - self._warned.get(kind, -WARNING_INTERVAL) >= WARNING_INTERVAL:
            self._warned[kind] = now
            self._node.get_logger().warning(text)


def _calibration_used(result: DepthResult, no_depth: NoDepth | None) -> tuple[NoDepth | None, str]:
    # Return why a result has no depth, and the source of its calibration as text.
    calibration = result.calibration
    if calibration is None:
        return no_depth, ''
    source = f'the parameters: {no_depth.reason}' if no_depth else 'camera_info'
    return None, (
        f'f {calibration.focal_length:.1f} px, baseline {calibration.baseline:.4f} m, '
        f'from {source}'
    )
