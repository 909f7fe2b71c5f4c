# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The job of `crestereo depth`: a source, and how its frames are matched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crestereo_ros.commands.depth.calibration import FrameRectifier
from crestereo_ros.commands.depth.matched_frame import MatchedFrame
from crestereo_ros.commands.depth.view_check import ViewCheck
from crestereo_ros.pipeline import DepthPipeline, RectifiedPair
from crestereo_ros.pipeline.infinity import infinity_of
from crestereo_ros.preparation import FramePreparation
from crestereo_ros.sources import StereoFrame, StereoSource


@dataclass(frozen=True)
class DepthJob:
    """
    A source, and the processing of its frames.

    `rectifier` is None without a calibration. `checks_views`: whether to refuse views that have
    nothing in common.
    """

    source: StereoSource
    preparation: FramePreparation
    pipeline: DepthPipeline
    rectifier: FrameRectifier | None = None
    checks_views: bool = True

    def pairs(
        self, frames: Iterable[StereoFrame] | None = None
    ) -> Iterator[tuple[StereoFrame, RectifiedPair]]:
        """
        Prepare and rectify frames.

        :param frames: of the source; None for all of them
        """
        for source_frame in self.source if frames is None else frames:
            frame = self.preparation.prepare(source_frame)
            if self.rectifier:
                pair = self.rectifier.rectify(frame)
            else:
                pair = RectifiedPair(frame.left, frame.right, stamp=round(1e9 * frame.time))
            yield frame, pair

    def results(self, frames: Iterable[StereoFrame] | None = None) -> Iterator[MatchedFrame]:
        """
        Prepare, rectify and match frames.

        :param frames: of the source; None for all of them
        :raises CommandError: if the views of the source have nothing in common
        """
        check = ViewCheck(self.source)
        for index, (frame, pair) in enumerate(self.pairs(frames)):
            if self.checks_views:
                infinity = infinity_of(self.pipeline.calibration_of(pair), pair.left.shape[1])
                check.look(pair.left, pair.right, infinity)
            yield MatchedFrame(index, frame.time, frame.stamp, self.pipeline.process(pair))
