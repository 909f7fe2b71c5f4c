# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How good and how fast one setting is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from crestereo_ros.benchmarking.grid import Setting
from crestereo_ros.benchmarking.samples import Sample
from crestereo_ros.evaluation.measures import bad, end_point_error

SGBM = 'SGBM'  # in place of the model's name

# A pair to its disparity, float32 (H, W), pixels of the left image.
Method = Callable[[Sample], np.ndarray]


@dataclass(frozen=True)
class Measurement:
    """
    What came of one setting.

    `height` and `width`: what the first pair was matched at. `times_ms`: of a pair in
    milliseconds, as mean over the pairs, in each round. `end_point_error` in pixels of the images,
    and `bad_2`, the percentage of pixels that are off by more than 2, are means over the pairs.
    `key` stands for all that the measurement depends on.
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
        """Median of the rounds."""
        return float(np.median(self.times_ms))

    @property
    def is_sgbm(self) -> bool:
        """Whether it is that of SGBM, which has no setting."""
        return self.model == SGBM

    @property
    def good(self) -> float:
        """Percentage of pixels that are right within 2 pixels; the quality of the advice."""
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
    :returns: milliseconds of a pair, as mean, and the disparities
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
    Return the end-point error in pixels and the percentage of bad-2.0 pixels, means over pairs.

    :param disparities: float (H, W) each, pixels of the images
    :param truths: the same
    """
    pairs = list(zip(disparities, truths, strict=True))
    return (
        float(np.mean([end_point_error(*pair) for pair in pairs])),
        float(100 * np.mean([bad(*pair) for pair in pairs])),
    )
