# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What `crestereo depth` prints at its end."""

from __future__ import annotations

from collections.abc import Sequence
import math
from time import monotonic

import numpy as np

from crestereo_ros.calibration import StereoCalibration
from crestereo_ros.commands.depth.job import DepthJob
from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.commands.depth.outputs import Output


class Summary:
    """Counts the results of a job, from now on."""

    def __init__(self, job: DepthJob, outputs: Sequence[Output]) -> None:
        self._job = job
        self._outputs = outputs
        self._start = monotonic()
        self._lowest, self._highest = math.inf, -math.inf
        self._last: MatchedFrame | None = None

    @property
    def frames(self) -> int:
        """How many results there were so far."""
        return self._last.index + 1 if self._last else 0

    def add(self, frame: MatchedFrame) -> None:
        disparity = frame.result.refined.disparity
        disparity = disparity[np.isfinite(disparity)]
        if disparity.size:
            self._lowest = min(self._lowest, float(disparity.min()))
            self._highest = max(self._highest, float(disparity.max()))
        self._last = frame

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
        if self._last and self._last.result.calibration:
            print(self._of_calibration(self._last.result.calibration, self._last), flush=True)
        alignment = self._job.preparation.alignment
        if self._last and alignment and not (alignment.identity and alignment.matches):
            print(f'alignment: {alignment.report}', flush=True)

    def _of_pair(self, frame: MatchedFrame) -> str:
        disparity = frame.result.refined.disparity
        disparity = disparity[np.isfinite(disparity)]
        median = f', median {np.median(disparity):.1f} px' if disparity.size else ''
        return (
            f'{self._range()}{median}; {self._settings(frame)}, '
            f'{1000 * frame.result.match.seconds:.0f} ms{self._written()}'
        )

    def _range(self) -> str:
        if self._lowest > self._highest:
            return 'no disparity is known'
        return f'disparity {self._lowest:.1f} to {self._highest:.1f} px'

    def _of_video(self, complete: bool) -> str:
        length = self._job.source.length
        total = '' if complete or not length else f' of {length}'
        text = f'{"" if complete else "ended early: "}{self.frames}{total} frames'
        if not self._last:
            return text
        return (
            f'{text}, {self.frames / (monotonic() - self._start):.1f} frames/s, none dropped; '
            f'{self._range()}; {self._settings(self._last)}{self._written()}'
        )

    def _of_calibration(self, calibration: StereoCalibration, frame: MatchedFrame) -> str:
        rectifier = self._job.rectifier
        rectified = rectifier is not None and rectifier.changes_images
        of = '' if self._job.source.length == 1 else ' of the last frame'
        return (
            f'calibration: focal length {calibration.focal_length:.1f} px, baseline '
            f'{calibration.baseline:.4g} m, '
            f'{"images rectified by it" if rectified else "images taken as rectified"}; '
            f'{100 * frame.result.known.mean():.0f} % of the pixels{of} known'
        )

    def _settings(self, frame: MatchedFrame) -> str:
        match = frame.result.match
        height, width = match.resolution
        return (
            f'resolution {height}x{width}, iterations {match.iterations}, '
            f'provider {match.provider}'
        )

    def _written(self) -> str:
        return ''.join(f'; wrote {output.path}' for output in self._outputs if output.path)
