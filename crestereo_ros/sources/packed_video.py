# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A video with both views in each frame."""

from collections.abc import Iterator

from crestereo_ros.sources.errors import SourceError
from crestereo_ros.sources.location import Location
from crestereo_ros.sources.packing import likely_packing, Packing
from crestereo_ros.sources.stereo_source import StereoFrame, StereoSource
from crestereo_ros.sources.video import Video


class PackedVideo(StereoSource):
    """A video whose frames show both views side by side or over-under."""

    def __init__(self, location: Location, packing: Packing | None = None) -> None:
        """
        Open the video.

        :param packing: None: by the shape of the frames, see `likely_packing`
        :raises SourceError: when it cannot be played
        """
        self.name = location.name
        self._video = Video(location)
        self.packing = packing or likely_packing(self._video.shape)
        if self._video.shape[self.packing.axis] < 2:
            raise SourceError(
                f'{self.name} is 1 pixel in size: there is nothing to split in two views'
            )
        self.rate, self.length = self._video.rate, self._video.length

    @property
    def duration(self) -> float | None:
        return self._video.duration

    def _frames(self, start: float) -> Iterator[StereoFrame]:
        for image, time in self._video.frames(start):
            yield StereoFrame(*self.packing.split(image), time)
