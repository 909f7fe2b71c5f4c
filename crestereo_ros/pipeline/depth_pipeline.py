# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Computes depth from rectified pairs."""

from __future__ import annotations

import logging
from time import perf_counter

import numpy as np

from crestereo_ros.calibration import StereoCalibration
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.pictures import DisparityRange
from crestereo_ros.pipeline.depth_result import DepthResult
from crestereo_ros.pipeline.infinity import infinity_of
from crestereo_ros.pipeline.latency_limit import LatencyLimit
from crestereo_ros.pipeline.pace import Effort
from crestereo_ros.pipeline.rectified_pair import RectifiedPair
from crestereo_ros.pipeline.settings import DepthSettings
from crestereo_ros.pipeline.temporal import PreviousDisparity
from crestereo_ros.validity import right_disparity

_logger = logging.getLogger(__name__)


class DepthPipeline:
    """
    Matches single pairs or those of a video, and checks the results.

    It keeps what helps the next pair: the previous disparity, how long pairs take, and the range
    of the colours. One thread calls `process`; other threads may use the results.

    Attributes: `matcher` and `settings`, which may be set between two pairs; `latency_limit`,
    which says how the work was adapted.

    >>> import numpy as np
    >>> from crestereo_ros import DepthPipeline, DepthSettings, RectifiedPair, StereoMatcher
    >>> pipeline = DepthPipeline(StereoMatcher(), DepthSettings(focal_length=500, baseline=0.1))
    >>> image = np.zeros((120, 160, 3), np.uint8)
    >>> pipeline.process(RectifiedPair(image, image)).depth.shape
    (120, 160)
    """

    def __init__(self, matcher: StereoMatcher, settings: DepthSettings | None = None) -> None:
        self.matcher = matcher
        self.settings = settings or DepthSettings()
        self.latency_limit = LatencyLimit()
        self._previous = PreviousDisparity()
        self._colors = DisparityRange()
        self._warned_of: object = None  # a resolution
        self._warned_of_offset = 0.0

    def process(self, pair: RectifiedPair, waited: float = 0.0) -> DepthResult:
        """
        Match a pair.

        :param waited: seconds since the pair arrived, for `max_latency`
        :raises ImagePairError: if the images cannot be matched
        :raises SettingsError: if the model cannot do what the settings ask for
        :raises InferenceError: if ONNX Runtime fails or memory runs out
        :raises MatchCancelledError: after `matcher.cancel()`
        """
        matcher, settings = self.matcher, self.settings
        begin = perf_counter()
        try:
            asked = Effort(
                *matcher.resolved(pair.left.shape, settings.iterations, settings.resolution)
            )
            self._warn_if_transposed(pair)
            effort = self.latency_limit.effort(matcher, asked, settings.max_latency, waited)
            calibration = self.calibration_of(pair)
            self._warn_if_far_apart(calibration, pair.left.shape[1])
            offset = infinity_of(calibration, pair.left.shape[1])
            start, started_from = self._start(pair)
            match = matcher.match(pair.left, pair.right, *effort, start, offset)
            if settings.temporal:
                self._previous.keep(match.disparity)
            seconds = {'match': perf_counter() - begin}
            disparity_right = None
            if settings.left_right_check:
                disparity_right = right_disparity(
                    matcher, pair.left, pair.right, *effort, offset=offset
                )
                seconds['left_right_check'] = perf_counter() - begin - seconds['match']
        except Exception:
            self._previous.forget()
            raise
        return DepthResult(
            pair=pair,
            match=match,
            settings=settings,
            calibration=calibration,
            disparity_right=disparity_right,
            started_from=started_from,
            seconds=seconds,
            colors=self._colors,
        )

    def forget_previous(self) -> None:
        """Start the next pair from nothing, because a pair in between was lost."""
        self._previous.forget()

    def _warn_if_transposed(self, pair: RectifiedPair) -> None:
        asked, shape = self.settings.resolution, pair.left.shape[:2]
        if asked == shape[::-1] != shape and self._warned_of != asked:
            self._warned_of = asked
            _logger.warning(
                'resolution %dx%d is %d rows high, but the images are %dx%d: it is HEIGHTxWIDTH',
                *asked,
                asked[0],
                *shape,
            )

    def calibration_of(self, pair: RectifiedPair) -> StereoCalibration | None:
        """Return the calibration of a pair, or that from the settings; None without either."""
        calibration = pair.calibration or self._calibration_by_numbers(pair)
        offset = self.settings.disparity_offset
        return calibration.with_disparity_offset(offset) if calibration and offset else calibration

    def _warn_if_far_apart(self, calibration: StereoCalibration | None, width: int) -> None:
        offset = calibration.principal_offset if calibration else 0.0
        if infinity_of(calibration, width) != offset != self._warned_of_offset:
            self._warned_of_offset = offset
            _logger.warning(
                'The principal points are %.0f px apart (cx of the left camera minus cx of the '
                'right one), more than half of the image width, %d. The network searches from '
                'disparity zero anyway: check P[2] of both cameras',
                offset,
                width,
            )

    def _start(self, pair: RectifiedPair) -> tuple[np.ndarray | None, str]:
        # Return the disparity to start from, and a description of it.
        if not self.settings.temporal or not self.matcher.takes_start:
            self._previous.forget()
            return None, 'nothing'
        setup = self.matcher, self.settings.resolution
        start = self._previous.start_for(pair.left, pair.stamp, setup, pair.lost)
        reason = self._previous.reason
        return start, f'nothing: {reason}' if reason else 'previous disparity'

    def _calibration_by_numbers(self, pair: RectifiedPair) -> StereoCalibration | None:
        settings = self.settings
        if not (settings.focal_length and settings.baseline):
            return None
        height, width = pair.left.shape[:2]
        return StereoCalibration.of_numbers(
            width, height, settings.focal_length, settings.baseline
        )
