# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A video of each camera."""

from collections.abc import Iterator
import logging
import math

import numpy as np

from crestereo_ros.sources.errors import UnequalSizesError
from crestereo_ros.sources.location import Location
from crestereo_ros.sources.stereo_source import StereoFrame, StereoSource
from crestereo_ros.sources.video import Video

LEAD = 0.2  # s; how far before a time the frame that is nearest to it is looked for

logger = logging.getLogger(__name__)


class VideoPair(StereoSource):
    """
    A left and a right video, paired by time.

    Every frame of the slower video, or of the left one if both are equally fast, gets that frame
    of the other which is nearest in time. The shorter one ends the source.
    """

    def __init__(self, left: Location, right: Location) -> None:
        """Open both; raise SourceError where one cannot be played or the sizes differ."""
        self.name = f'{left.name} and {right.name}'
        videos = Video(left), Video(right)
        shapes = [video.shape for video in videos]
        if shapes[0] != shapes[1]:
            raise UnequalSizesError(left.name, shapes[0], right.name, shapes[1])
        # The side whose frames are all shown.
        self._right_leads = videos[1].rate < videos[0].rate * (1 - 1e-6)
        self._leading, self._following = reversed(videos) if self._right_leads else videos
        self.rate = self._leading.rate
        self._log_differences(*videos)
        self.length = self._leading.length
        if self.length and self._leading.duration and self._following.duration:
            share = self._following.duration / self._leading.duration
            self.length = round(self.length * min(1.0, share))
        self._logged = False

    @property
    def duration(self) -> float | None:
        durations = (self._leading.duration, self._following.duration)
        return min((duration for duration in durations if duration), default=None)

    def _log_differences(self, left: Video, right: Video) -> None:
        if not math.isclose(left.rate, right.rate, rel_tol=0.01):
            share = 1 - self._leading.rate / self._following.rate
            logger.warning(
                f'{left.name} has {left.rate:g} frames per second and {right.name} '
                f'{right.rate:g}: paired by time, which leaves out {share:.0%} of the frames of '
                f'{self._following.name}'
            )
        if (
            left.duration
            and right.duration
            and abs(left.duration - right.duration) > 0.5 / self.rate
        ):
            logger.warning(
                f'{left.name} has {left.length} frames ({left.duration:.2f} s) and {right.name} '
                f'{right.length} ({right.duration:.2f} s): played as far as both go'
            )

    def _frames(self, start: float) -> Iterator[StereoFrame]:
        following = Nearest(self._following, start)
        try:
            for image, time in self._leading.frames(start):
                other = following.at(time)
                if other is None:
                    break
                yield StereoFrame(*((other, image) if self._right_leads else (image, other)), time)
        finally:
            following.close()
        if (following.left_out or following.repeated) and not self._logged:
            self._logged = True
            logger.info(
                f'{self.name} were paired by time: {following.left_out} frame(s) of '
                f'{self._following.name} were left out, {following.repeated} shown more than once'
            )


class Nearest:
    """The frames of a video nearest to times that grow; it counts those that it left out."""

    def __init__(self, video: Video, start: float) -> None:
        """Start at a time, or a little before it, where the nearest frame may be."""
        interval = 1 / video.rate
        self._frames = video.frames(max(0.0, start - max(2 * interval, LEAD)))
        self._half = interval / 2
        self._current = next(self._frames, None)
        self._next = next(self._frames, None)
        self._shown: int | None = None  # how often the current one was
        self.left_out = self.repeated = 0

    def at(self, time: float) -> np.ndarray | None:
        """Return the image nearest to a time, None where the video has ended before."""
        skipped = -1 if self._shown else 0
        started = self._shown is not None
        while (
            self._current is not None
            and self._next is not None
            and abs(self._next[1] - time) <= abs(self._current[1] - time)
        ):
            self._current, self._next = self._next, next(self._frames, None)
            self._shown = 0
            skipped += started
        if self._current is None or (self._next is None and time > self._current[1] + self._half):
            return None
        self.left_out += max(0, skipped)
        self.repeated += bool(self._shown)
        self._shown = (self._shown or 0) + 1
        return self._current[0]

    def close(self) -> None:
        self._frames.close()
