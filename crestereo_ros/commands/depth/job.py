# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The job of `crestereo depth`: a source, and how its frames are matched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crestereo_ros.calibration import StereoCalibration
from crestereo_ros.commands.depth.result import Result
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.pictures import DisparityRange
from crestereo_ros.preparation import FramePreparation
from crestereo_ros.sources import StereoFrame, StereoSource


@dataclass(frozen=True)
class DepthJob:
    """A source, and the processing of its frames; `iterations` 0 is the model's own number."""

    source: StereoSource
    preparation: FramePreparation
    matcher: StereoMatcher
    iterations: int
    resolution: tuple[int, int] | str

    def results(self) -> Iterator[Result]:
        """Prepare and match every frame of the source."""
        limits = DisparityRange()
        for index, source_frame in enumerate(self.source):
            frame = self.preparation.prepare(source_frame)
            match = self.matcher.match(frame.left, frame.right, self.iterations, self.resolution)
            color_range = limits.update(match.disparity)
            yield Result(index, frame, match, color_range, self._calibration_of(frame))

    def _calibration_of(self, frame: StereoFrame) -> StereoCalibration | None:
        """Return the calibration of a frame, None if there is none or an alignment changed it."""
        alignment = self.preparation.alignment
        if self.source.calibration is None or (alignment and not alignment.identity):
            return None
        height, width = frame.left.shape[:2]
        return self.source.calibration.for_image(width, height)
