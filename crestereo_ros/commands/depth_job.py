# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is to be done with a source."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from crestereo_ros.alignment import Aligner
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.sources import StereoFrame, StereoSource


@dataclass(frozen=True, eq=False)
class Depth:
    """
    A frame as it was matched, and its disparity.

    `disparity`: float32 (H, W), in pixels of the frame's left image. `seconds`: of matching.
    """

    frame: StereoFrame
    disparity: np.ndarray
    seconds: float


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
            start = perf_counter()
            disparity = self.matcher.match(
                frame.left, frame.right, self.iterations, self.resolution
            )
            yield Depth(frame, disparity, perf_counter() - start)

    def settings(self, shape: tuple[int, ...]) -> str:
        """Return in words how images of this shape are matched."""
        iterations, (height, width) = self.matcher.effective(
            shape, self.iterations, self.resolution
        )
        return (
            f'resolution {height}x{width}, iterations {iterations}, '
            f'provider {self.matcher.provider}'
        )

    def print_alignment(self):
        """Say what was done to line up the rows, or what kept it from being done."""
        if self.aligner:
            alignment = self.aligner.alignment
            if not alignment.identity or not alignment.matches:
                print(f'alignment: {alignment.report}')
