# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is to be done with a source."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crestereo_ros.alignment import Aligner
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.sources import StereoFrame, StereoSource


@dataclass(frozen=True)
class DepthJob:
    """
    A source, what is done to its frames, and where the result goes.

    `aligner` is None where frames are taken as they are; `iterations` 0 and `resolution` None are
    the model's own; `disparity` and `color` are None where they are not written.
    """

    source: StereoSource
    matcher: StereoMatcher
    aligner: Aligner | None
    iterations: int
    resolution: tuple[int, int] | None
    disparity: Path | None
    color: Path | None
    show: bool

    def aligned_frames(self) -> Iterator[StereoFrame]:
        """Give the frames of the source as they are matched."""
        for frame in self.source:
            if self.aligner:
                yield StereoFrame(*self.aligner.align(frame.left, frame.right), frame.time)
            else:
                yield frame

    def match(self, frame: StereoFrame) -> np.ndarray:
        """Return the disparity, float32 (H, W), in pixels of the frame's left image."""
        return self.matcher.match(frame.left, frame.right, self.iterations, self.resolution)

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
