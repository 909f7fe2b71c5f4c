# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measures how good and how fast one setting is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from crestereo_ros.benchmarking.grid import Setting
from crestereo_ros.benchmarking.samples import Sample
from crestereo_ros.evaluation.measures import bad, end_point_error

SGBM = 'SGBM'  # instead of a model's name

# Returns the disparity of a pair, float32 (H, W), in pixels of the left image.
Method = Callable[[Sample], np.ndarray]


@dataclass(frozen=True)
class Measurement:
    """
    The result of one setting.

    `height` and `width`: the network's size for the first pair. `times_ms`: the mean time of a
    pair in milliseconds, for each round. `end_point_error`, in pixels of the images, and `bad_2`,
    the percentage of pixels with an error above 2, are means over the pairs. `key` identifies
    everything that the measurement depends on.
    """

    source: str
    model: str
    iterations: int
    resolution: str
    provider: str
    threads: int
    height: int
    width: int
    pairs: int
    times_ms: tuple[float, ...]
    end_point_error: float
    bad_2: float
    key: str

    @property
    def time_ms(self) -> float:
        """The median of the rounds."""
        return float(np.median(self.times_ms))

    @property
    def is_sgbm(self) -> bool:
        """Whether it is a measurement of SGBM, which has no setting."""
        return self.model == SGBM

    @property
    def good(self) -> float:
        """The percentage of pixels that are right within 2 pixels, the quality for the advice."""
        return 100 - self.bad_2

    @property
    def setting(self) -> Setting:
        """The setting that was measured."""
        return Setting(self.model, self.iterations, self.resolution, self.provider, self.threads)


def measure_round(
    method: Method, samples: Sequence[Sample], on_match: Callable[[], object]
) -> tuple[float, list[np.ndarray]]:
    """
    Match every sample once, after one match to warm up.

    :param on_match: called after each match
    :returns: the mean milliseconds of a pair, and the disparities
    """
    method(samples[0])
    on_match()
    times, disparities = [], []
    for sample in samples:
        start = perf_counter()
        disparities.append(method(sample))
        times.append(1000 * (perf_counter() - start))
        on_match()
    return float(np.mean(times)), disparities


def mean_errors(
    disparities: Sequence[np.ndarray], truths: Sequence[np.ndarray]
) -> tuple[float, float]:
    """
    Return the means over pairs of the end-point error and of the percentage of bad-2.0 pixels.

    Disparities that are not finite count as 0 pixels, so a network that fails is not excluded.

    :param disparities: float (H, W) each, pixels of the images
    :param truths: the same, the true disparities
    """
    finite = (np.where(np.isfinite(x), x, 0) for x in disparities)
    pairs = list(zip(finite, truths, strict=True))
    return (
        float(np.mean([end_point_error(*pair) for pair in pairs])),
        float(100 * np.mean([bad(*pair) for pair in pairs])),
    )
