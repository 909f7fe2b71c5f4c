# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measures a grid of settings, and SGBM to compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
import hashlib

import numpy as np

from crestereo_ros.benchmarking.errors import BenchmarkError
from crestereo_ros.benchmarking.grid import Grid, Job, Setting, Skip
from crestereo_ros.benchmarking.machine import machine
from crestereo_ros.benchmarking.measurement import (
    mean_errors,
    measure_round,
    Measurement,
    Method,
    SGBM,
)
from crestereo_ros.benchmarking.results_file import ResultsFile
from crestereo_ros.benchmarking.samples import digest, Sample
from crestereo_ros.evaluation import sgbm
from crestereo_ros.matching import InferenceError, StereoMatcher
from crestereo_ros.models.description_files import identity_of
from crestereo_ros.models.model_files import find_model
from crestereo_ros.pipeline import DepthPipeline, DepthSettings, RectifiedPair
from crestereo_ros.providers.runtime import onnxruntime

# Gets the number of matches done and of all matches.
Report = Callable[[int, int], object]


class Benchmark:
    """
    A grid of settings on some pairs.

    Quality is measured against the truth. Without one, it is measured against the first model's
    setting with the most work: its disparities are in pixels of the images, like all others,
    whatever the resolution.

    Attributes: `skips`, why some of the settings cannot be measured; `reference`, the setting that
    replaces the truth, None if that is known.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        source: str,
        grid: Grid,
        rounds: int,
        results: ResultsFile,
    ) -> None:
        """
        Open the models.

        :param source: the name of the samples
        :param rounds: how often every pair is matched
        :param results: has earlier measurements and gets the new ones
        :raises BenchmarkError: if no setting can be measured
        """
        self._samples = samples
        self._source = source
        self._rounds = rounds
        self._results = results
        found = list(grid.jobs([sample.left.shape for sample in samples]))
        self.skips = [job for job in found if isinstance(job, Skip)]
        jobs = [job for job in found if isinstance(job, Job)]
        if not jobs:
            raise BenchmarkError(f'nothing can be measured: {self.skips[0].reason}')
        self._jobs: list[Job | None] = [None, *jobs]  # None is SGBM
        self._reference: Job | None = None
        if samples[0].truth is None:
            first = _session_of(jobs[0].setting)
            of_first = (job for job in jobs if _session_of(job.setting) == first)
            self._reference = max(of_first, key=lambda job: job.work)
        self._digest = digest(samples)
        self._known = {job: results.get(self._key(job)) for job in self._jobs}

    @property
    def reference(self) -> Setting | None:
        """The setting that replaces the truth, None if the truth is known."""
        return None if self._reference is None else self._reference.setting

    def run(self, report: Report) -> Iterator[Measurement | Skip]:
        """
        Measure SGBM and every setting in turns, then yield the measurements. Yield skips at once.

        Machines get faster and slower, so all settings are measured in a round before the next
        round begins. Earlier measurements are not repeated.

        :param report: called after each match
        """
        matches = 1 + len(self._samples)
        total = sum(matches * max(self._rounds - self._done(job), 0) for job in self._jobs)
        done = 0

        def on_match() -> None:
            nonlocal done
            done += 1
            report(done, total)

        for number in range(self._rounds):
            for job in list(self._jobs):
                before = done
                try:
                    if self._done(job) <= number:
                        self._measure(job, on_match)
                except InferenceError as error:
                    self._jobs.remove(job)
                    total -= matches * (self._rounds - number) - (done - before)
                    skip = Skip(str(error))
                    if skip not in self.skips:
                        self.skips.append(skip)
                        yield skip
        yield from (x for x in map(self._known.get, self._jobs) if x is not None)

    def _done(self, job: Job | None) -> int:
        known = self._known[job]
        return 0 if known is None else len(known.times_ms)

    def _measure(self, job: Job | None, on_match: Callable[[], object]) -> None:
        method = self._sgbm if job is None else _method(job.setting)
        time, disparities = measure_round(method, self._samples, on_match)
        known = self._known[job]
        if known is None:
            known = self._measurement(job, disparities)
        known = replace(known, times_ms=(*known.times_ms, time))
        self._known[job] = known
        self._results.add(known)

    def _measurement(self, job: Job | None, disparities: Sequence[np.ndarray]) -> Measurement:
        setting = Setting(SGBM, 0, '', 'cpu', 0) if job is None else job.setting
        height, width = self._samples[0].left.shape[:2] if job is None else job.sizes[0]
        error, bad_2 = mean_errors(disparities, self._truths)
        return Measurement(
            source=self._source,
            model=setting.model,
            iterations=setting.iterations,
            resolution=setting.resolution,
            provider=setting.provider,
            threads=setting.threads,
            height=height,
            width=width,
            pairs=len(self._samples),
            times_ms=(),
            end_point_error=error,
            bad_2=bad_2,
            key=self._key(job),
        )

    @cached_property
    def _truths(self) -> list[np.ndarray]:
        if self._reference is None:
            return [sample.truth for sample in self._samples if sample.truth is not None]
        return [_method(self._reference.setting)(sample) for sample in self._samples]

    def _sgbm(self, sample: Sample) -> np.ndarray:
        # SGBM gets the range of the truth.
        index = self._samples.index(sample)
        truth = self._truths[index]
        return sgbm.match(sample.left, sample.right, max(truth[np.isfinite(truth)].max(), 1))

    def _key(self, job: Job | None) -> str:
        # A hash of everything that a measurement depends on.
        reference = self._reference
        models = [find_model(x.setting.model) for x in (job, reference) if x is not None]
        parts = [
            self._digest,
            machine(),
            onnxruntime.__version__,
            *(repr(x and (x.setting, x.sizes)) for x in (job, reference)),
            *map(identity_of, models),
        ]
        return hashlib.sha256('\n'.join(parts).encode()).hexdigest()[:16]


def _session_of(setting: Setting) -> tuple[str, str, int]:
    return setting.model, setting.provider, setting.threads


@lru_cache(maxsize=1)  # a larger cache would keep every model in memory
def _matcher(model: str, provider: str, threads: int) -> StereoMatcher:
    return StereoMatcher(model, provider, threads, wait=True)


def _method(setting: Setting) -> Method:
    settings = DepthSettings.of(
        {'iterations': setting.iterations, 'resolution': setting.resolution}
    )
    pipeline = DepthPipeline(_matcher(*_session_of(setting)), settings)

    def match(sample: Sample) -> np.ndarray:
        result = pipeline.process(RectifiedPair(sample.left, sample.right))
        match = result.refined
        if match.provider != setting.provider:
            raise InferenceError(
                f'{setting.model} at {setting.resolution} runs on {match.provider}, because '
                f'{setting.provider} cannot run it'
            )
        return match.disparity

    return match
