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

    `height` and `width`: what the first pair was matched at. `time_ms`: of a pair in
    milliseconds, as mean over the pairs; the median of all rounds, beside the fastest and the
    slowest one. `end_point_error` in pixels of the images, and `bad_2`, the percentage of pixels
    that are off by more than 2, are means over the pairs. `key` stands for all that the
    measurement depends on.
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
    rounds: int
    time_ms: float
    fastest_ms: float
    slowest_ms: float
    end_point_error: float
    bad_2: float
    key: str

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


def measure(
    method: Method,
    samples: Sequence[Sample],
    truths: Sequence[np.ndarray],
    rounds: int,
    on_match: Callable[[], object],
) -> dict[str, float]:
    """
    Measure a method.

    :param truths: float32 (H, W) of each sample, pixels
    :param rounds: how often every sample is matched, after one match to warm up
    :param on_match: called after each match
    :returns: those fields of a `Measurement` that are measured
    """
    method(samples[0])
    on_match()
    times = np.empty((rounds, len(samples)))
    errors, shares = [], []
    for number, row in enumerate(times):
        for index, (sample, truth) in enumerate(zip(samples, truths, strict=True)):
            start = perf_counter()
            disparity = method(sample)
            row[index] = 1000 * (perf_counter() - start)
            on_match()
            if not number:
                errors.append(end_point_error(disparity, truth))
                shares.append(100 * bad(disparity, truth))
    of_rounds = times.mean(axis=1)
    return {
        'time_ms': float(np.median(of_rounds)),
        'fastest_ms': float(of_rounds.min()),
        'slowest_ms': float(of_rounds.max()),
        'end_point_error': float(np.mean(errors)),
        'bad_2': float(np.mean(shares)),
    }
