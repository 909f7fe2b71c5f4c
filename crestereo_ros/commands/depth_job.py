# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is to be done with a source."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crestereo_ros.alignment import Aligner
from crestereo_ros.matching import Match, StereoMatcher
from crestereo_ros.sources import StereoFrame, StereoSource


@dataclass(frozen=True, eq=False)
class Depth:
    """A frame as it was matched, and what came of it."""

    frame: StereoFrame
    match: Match


@dataclass(frozen=True)
class DepthJob:
    """
    A source, what is done to its frames, and where the result goes.

    `aligner` is None where frames are taken as they are; `iterations` 0 is the
    model's own number; `disparity` and `color` are None where they are not written.
    """

    source: StereoSource
    matcher: StereoMatcher
    aligner: Aligner | None
    iterations: int
    resolution: tuple[int, int] | str
    disparity: Path | None
    color: Path | None
    show: bool

    def depths(self) -> Iterator[Depth]:
        """Align and match every frame of the source."""
        for frame in self.source:
            if self.aligner:
                views = self.aligner.align(frame.left, frame.right)
                frame = StereoFrame(*views, frame.time)
            match = self.matcher.match(frame.left, frame.right, self.iterations, self.resolution)
            yield Depth(frame, match)

    def settings(self, match: Match) -> str:
        """Return in words how a pair was matched."""
        return 'resolution {}x{}, iterations {}, provider {}'.format(
            *match.resolution, match.iterations, self.matcher.provider
        )

    def print_alignment(self):
        """Say what was done to line up the rows, or what kept it from being done."""
        if self.aligner:
            alignment = self.aligner.alignment
            if not alignment.identity or not alignment.matches:
                print(f'alignment: {alignment.report}')
