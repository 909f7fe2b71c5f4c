# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The job of `crestereo depth`, for a pair or a video."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crestereo_ros.matching import Match, StereoMatcher
from crestereo_ros.preparation import FramePreparation
from crestereo_ros.sources import StereoFrame, StereoSource


@dataclass(frozen=True, eq=False)
class Depth:
    """A frame as it was prepared, and its match."""

    frame: StereoFrame
    match: Match


@dataclass(frozen=True)
class DepthJob:
    """
    A source, the processing of its frames, and the outputs.

    `iterations` 0 is the model's own number. `disparity` and `color` are None if they are not
    written.
    """

    source: StereoSource
    preparation: FramePreparation
    matcher: StereoMatcher
    iterations: int
    resolution: tuple[int, int] | str
    disparity: Path | None
    color: Path | None
    show: bool

    def depths(self) -> Iterator[Depth]:
        """Prepare and match every frame of the source."""
        for source_frame in self.source:
            frame = self.preparation.prepare(source_frame)
            match = self.matcher.match(frame.left, frame.right, self.iterations, self.resolution)
            yield Depth(frame, match)

    def settings(self, match: Match) -> str:
        """Return the settings that a pair was matched with, as text."""
        height, width = match.resolution
        return (
            f'resolution {height}x{width}, iterations {match.iterations}, '
            f'provider {self.matcher.provider}'
        )

    @property
    def written(self) -> str:
        """The outputs that are written, as the end of the summary."""
        return ''.join(f'; wrote {path}' for path in (self.disparity, self.color) if path)

    def print_alignment(self) -> None:
        """Print how the images were aligned or why not; nothing if they already line up."""
        alignment = self.preparation.alignment
        if alignment and not (alignment.identity and alignment.matches):
            print(f'alignment: {alignment.report}')
