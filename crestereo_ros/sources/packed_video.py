# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A video with both views in each frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
import math

from crestereo_ros.alignment.likeness import DOUBTFUL, shares_alike, small_picture
from crestereo_ros.calibration import StereoCalibration
from crestereo_ros.sources.errors import SourceError
from crestereo_ros.sources.location import Location
from crestereo_ros.sources.packing import likely_packing, Packing, PACKINGS
from crestereo_ros.sources.stereo_source import StereoFrame, StereoSource
from crestereo_ros.sources.video import Video
from crestereo_ros.sources.video_tags import VideoTags

LOOKS = 0.0, 0.5  # of the duration; films begin black
CLEARER = 0.15  # by how much larger a share of one packing's views has to be alike
SQUEEZED = 1.9  # width of a pixel by its height; files round it


class PackedVideo(StereoSource):
    """A video whose frames show both views side by side or over-under."""

    def __init__(self, location: Location, packing: Packing | None = None) -> None:
        """
        Open the video.

        :param packing: None: as the header says, or else by the shape of the frames, see
            `likely_packing`
        :raises SourceError: if it cannot be played, or its header says that there is one view,
            or a packing that cannot be split
        """
        self.name = location.name
        self._video = Video(location)
        self.packing = packing or self._packing(self._video)
        if self._video.shape[self.packing.axis] < 2:
            raise SourceError(
                f'{self.name} is 1 pixel in size: there is nothing to split in two views'
            )
        self.rate, self.length = self._video.rate, self._video.length
        self.calibration = self._calibration(self._video.tags)

    def _packing(self, video: Video) -> Packing:
        tags = video.tags
        if tags.other_packing:
            raise SourceError(
                f'{self.name} has {tags.other_packing}, which cannot be split here: convert it '
                'to side by side (the filter stereo3d of ffmpeg; for spatial videos, their app)'
            )
        if tags.is_mono:
            raise SourceError(
                f'{self.name} says that it has a single view: name the right video too '
                '(source_right), or set source_type if it is wrong'
            )
        packing = tags.packing or _alike(video) or likely_packing(video.shape)
        # Pixels that are twice as wide, or as high, undo that a view was squeezed to half.
        squeezed = tags.pixel_aspect if packing.axis else 1 / tags.pixel_aspect
        return replace(packing, half=squeezed >= SQUEEZED)

    def _calibration(self, tags: VideoTags) -> StereoCalibration | None:
        if not (tags.baseline and tags.field_of_view):
            return None
        height, width = self.packing.view_size(self._video.shape)
        focal_length = width / 2 / math.tan(math.radians(tags.field_of_view) / 2)
        return StereoCalibration.of_numbers(width, height, focal_length, tags.baseline)

    @property
    def duration(self) -> float | None:
        return self._video.duration

    def _frames(self, start: float) -> Iterator[StereoFrame]:
        for image, time in self._video.frames(start):
            yield StereoFrame(*self.packing.split(image), time)


def _alike(video: Video) -> Packing | None:
    """Return the packing whose views look alike, None if that does not decide."""
    candidates = PACKINGS['side_by_side'], PACKINGS['over_under']
    for share in LOOKS:
        image, _ = next(video.frames(share * (video.duration or 0.0)), (None, 0.0))
        if image is None or min(image.shape[:2]) < 2:
            return None
        found = []
        for packing in candidates:
            left, right = map(small_picture, packing.split(image))
            _, *alike = shares_alike(left, right)
            found.append(max(alike))
        if max(found) >= DOUBTFUL and abs(found[0] - found[1]) >= CLEARER:
            return candidates[int(found[1] > found[0])]
    return None
