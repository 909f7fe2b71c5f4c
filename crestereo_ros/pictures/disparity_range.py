# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which disparities the colours of a video span."""

from __future__ import annotations

import numpy as np

PERCENTILES = (2, 98)  # what a few outliers reach must not take the colours from all the rest
SMALLEST_SPAN = 1.0  # px; below it the colours would show the noise of a flat wall
SAMPLES_PER_SIDE = 128  # enough for a percentile, a fraction of the time of a whole frame


class DisparityRange:
    """
    The range that colours should span, steady over a video.

    Colours scaled to each frame's own extremes flicker: one outlier changes all of them. This
    takes percentiles instead and lets them follow the video slowly (exponential smoothing).
    """

    def __init__(self, smoothing: float = 0.9) -> None:
        """
        Start without a range: the first frame sets it.

        :param smoothing: how much of the range before each further frame keeps, 0 (nothing: each
            frame stands for itself) to below 1
        """
        self._smoothing = smoothing
        self._range: np.ndarray | None = None

    def update(
        self, disparity: np.ndarray, valid: np.ndarray | None = None
    ) -> tuple[float, float]:
        """
        Take one more frame into account.

        :param disparity: float (H, W) in pixels; NaN and infinity are left out, and a frame
            without any valid value leaves the range as it was
        :param valid: bool (H, W), which values to take; None for all
        :returns: (lowest, highest) disparity to colour, at least 1 px apart; (0, 1) as long as
            there was no valid value
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
            return 0.0, SMALLEST_SPAN
        lowest, highest = map(float, self._range)
        return lowest, max(highest, lowest + SMALLEST_SPAN)
