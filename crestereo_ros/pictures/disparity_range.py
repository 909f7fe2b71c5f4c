# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The range of disparities that the colours of a video span."""

from __future__ import annotations

import numpy as np

PERCENTILES = (2, 98)  # so that a few outliers do not use up the colours
MIN_SPAN = 1.0  # px; with less, the colours would show the noise of a flat wall
SAMPLES_PER_SIDE = 128  # enough for a percentile, and much faster than all pixels


class DisparityRange:
    """
    The range that colours should span, which changes slowly over a video.

    Colours scaled to the extremes of each frame flicker: one outlier changes all of them. This
    range uses percentiles instead, which follow the video slowly (exponential smoothing).
    """

    def __init__(self, smoothing: float = 0.9) -> None:
        """
        Start without a range: the first frame sets it.

        :param smoothing: how much of the previous range each frame keeps: from 0 (nothing: each
            frame has its own range) to below 1
        """
        self._smoothing = smoothing
        self._range: np.ndarray | None = None

    def update(
        self, disparity: np.ndarray, valid: np.ndarray | None = None
    ) -> tuple[float, float]:
        """
        Add a frame and return the range.

        :param disparity: float (H, W) in pixels; NaN and infinity are ignored, and a frame without
            any valid value does not change the range
        :param valid: bool (H, W), which values to use; None for all
        :returns: (lowest, highest) disparity of the colours, at least 1 px apart; (0, 1) before
            the first valid value
        """
        steps = (max(1, size // SAMPLES_PER_SIDE) for size in disparity.shape)
        thinned = tuple(slice(None, None, step) for step in steps)
        samples = disparity[thinned]
        if valid is not None:
            samples = samples[valid[thinned]]
        samples = samples[np.isfinite(samples)]
        if samples.size:
            seen = np.percentile(samples, PERCENTILES)
            if self._range is not None:
                seen = self._smoothing * self._range + (1 - self._smoothing) * seen
            self._range = seen
        if self._range is None:
            return 0.0, MIN_SPAN
        lowest, highest = map(float, self._range)
        return lowest, max(highest, lowest + MIN_SPAN)
