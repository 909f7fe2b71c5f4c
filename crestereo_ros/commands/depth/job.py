# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The job of `crestereo depth`: a source, and how its frames are matched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crestereo_ros.commands.depth.calibration import FrameCalibration, Seen
from crestereo_ros.commands.depth.result import Result
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.pictures import DisparityRange
from crestereo_ros.preparation import FramePreparation
from crestereo_ros.sources import StereoSource


@dataclass(frozen=True)
class DepthJob:
    """A source, and the processing of its frames; `iterations` 0 is the model's own number."""

    source: StereoSource
    preparation: FramePreparation
    matcher: StereoMatcher
    iterations: int
    resolution: tuple[int, int] | str
    calibration: FrameCalibration | None = None

    def results(self) -> Iterator[Result]:
        """Prepare, rectify and match every frame of the source."""
        limits = DisparityRange()
        for index, source_frame in enumerate(self.source):
            frame = self.preparation.prepare(source_frame)
            calibration = None
            seen: Seen = (None, None)
            if self.calibration:
                frame, calibration, seen = self.calibration.apply(frame)
            match = self.matcher.match(frame.left, frame.right, self.iterations, self.resolution)
            yield Result(index, frame, match, limits.update(match.disparity), calibration, seen)
