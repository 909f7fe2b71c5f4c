# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The job of `crestereo depth`: a source, and how its frames are matched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crestereo_ros.commands.depth.calibration import FrameRectifier
from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.pipeline import DepthPipeline, RectifiedPair
from crestereo_ros.preparation import FramePreparation
from crestereo_ros.sources import StereoFrame, StereoSource


@dataclass(frozen=True)
class DepthJob:
    """A source, and the processing of its frames; `rectifier` is None without a calibration."""

    source: StereoSource
    preparation: FramePreparation
    pipeline: DepthPipeline
    rectifier: FrameRectifier | None = None

    def pairs(self) -> Iterator[tuple[StereoFrame, RectifiedPair]]:
        """Prepare and rectify every frame of the source."""
        for source_frame in self.source:
            frame = self.preparation.prepare(source_frame)
            if self.rectifier:
                pair = self.rectifier.rectify(frame)
            else:
                pair = RectifiedPair(frame.left, frame.right, stamp=round(1e9 * frame.time))
            yield frame, pair

    def results(self) -> Iterator[MatchedFrame]:
        """Match every pair."""
        for index, (frame, pair) in enumerate(self.pairs()):
            yield MatchedFrame(index, frame.time, frame.stamp, self.pipeline.process(pair))
