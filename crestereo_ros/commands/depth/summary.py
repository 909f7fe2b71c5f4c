# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What `crestereo depth` prints at its end."""

from __future__ import annotations

from collections.abc import Sequence
import math
from time import monotonic

import numpy as np

from crestereo_ros.commands.depth.job import DepthJob
from crestereo_ros.commands.depth.outputs import Output
from crestereo_ros.commands.depth.result import Result


class Summary:
    """Counts the results of a job, from now on."""

    def __init__(self, job: DepthJob, outputs: Sequence[Output]) -> None:
        self._job = job
        self._outputs = outputs
        self._start = monotonic()
        self._lowest, self._highest = math.inf, -math.inf
        self._last: Result | None = None

    @property
    def frames(self) -> int:
        """How many results there were so far."""
        return self._last.index + 1 if self._last else 0

    def add(self, result: Result) -> None:
        disparity = result.match.disparity
        self._lowest = min(self._lowest, float(disparity.min()))
        self._highest = max(self._highest, float(disparity.max()))
        self._last = result

    def print(self, complete: bool) -> None:
        """
        Print the summary, nothing for a pair without a result.

        :param complete: whether these are all frames of the source
        """
        if self._job.source.length == 1:
            if self._last:
                print(self._of_pair(self._last), flush=True)
        else:
            print(self._of_video(complete), flush=True)
        if self._last and self._job.calibration:
            known = f'{100 * self._last.valid.mean():.0f} %'
            of = '' if self._job.source.length == 1 else ' of the last frame'
            print(
                f'calibration: {self._job.calibration}; {known} of the pixels{of} known',
                flush=True,
            )
        alignment = self._job.preparation.alignment
        if self._last and alignment and not (alignment.identity and alignment.matches):
            print(f'alignment: {alignment.report}', flush=True)

    def _of_pair(self, result: Result) -> str:
        median, milliseconds = np.median(result.match.disparity), 1000 * result.match.seconds
        return (
            f'disparity {self._lowest:.1f} to {self._highest:.1f} px, median {median:.1f} px; '
            f'{self._settings(result)}, {milliseconds:.0f} ms{self._written()}'
        )

    def _of_video(self, complete: bool) -> str:
        length = self._job.source.length
        total = '' if complete or not length else f' of {length}'
        text = f'{"" if complete else "ended early: "}{self.frames}{total} frames'
        if not self._last:
            return text
        return (
            f'{text}, {self.frames / (monotonic() - self._start):.1f} frames/s, none dropped; '
            f'disparity {self._lowest:.1f} to {self._highest:.1f} px; '
            f'{self._settings(self._last)}{self._written()}'
        )

    def _settings(self, result: Result) -> str:
        height, width = result.match.resolution
        return (
            f'resolution {height}x{width}, iterations {result.match.iterations}, '
            f'provider {self._job.matcher.provider}'
        )

    def _written(self) -> str:
        return ''.join(f'; wrote {output.path}' for output in self._outputs if output.path)
