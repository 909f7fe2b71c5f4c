# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A video with both cameras in each frame, side by side."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from crestereo_ros.sources.errors import SourceError
from crestereo_ros.sources.stereo_source import StereoFrame, StereoSource
from crestereo_ros.sources.video_file import VideoFile


class SideBySideVideo(StereoSource):
    """
    A video whose frames show the left camera in their left half, the right one in the other.

    Frames are split in the middle; of an odd width the middle column is left out. Nothing else
    is cut: black bars around the pictures stay.
    """

    def __init__(self, path: Path):
        """Open the video; raise SourceError where it cannot be played."""
        self.name = str(path)
        self._video = VideoFile(path)
        if self._video.shape[1] < 2:
            raise SourceError(f'{path} is 1 pixel wide: there is nothing to split in two halves')
        self.rate, self.length = self._video.rate, self._video.length

    def _frames(self) -> Iterator[StereoFrame]:
        for image, time in self._video.frames():
            half = image.shape[1] // 2
            left, right = image[:, :half], image[:, -half:]
            yield StereoFrame(np.ascontiguousarray(left), np.ascontiguousarray(right), time)
