# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A video of each camera."""

from collections.abc import Iterator
import logging
import math

from crestereo_ros.sources.errors import UnequalSizesError
from crestereo_ros.sources.location import Location
from crestereo_ros.sources.stereo_source import StereoFrame, StereoSource
from crestereo_ros.sources.video import Video

logger = logging.getLogger(__name__)


class VideoPair(StereoSource):
    """
    A left and a right video, paired by frame number.

    The shorter one ends the source. Time and rate are those of the left video.
    """

    def __init__(self, left: Location, right: Location):
        """Open both; raise SourceError where one cannot be played or the sizes differ."""
        self.name = f'{left.name} and {right.name}'
        self._left, self._right = Video(left), Video(right)
        if self._left.shape != self._right.shape:
            raise UnequalSizesError(left.name, self._left.shape, right.name, self._right.shape)
        self.rate = self._left.rate
        if not math.isclose(self.rate, self._right.rate, rel_tol=0.01):
            logger.warning(
                f'{left.name} has {self.rate:g} frames per second and {right.name} '
                f'{self._right.rate:g}: paired by number, they drift apart; convert one of them '
                'to the rate of the other'
            )
        lengths = [video.length for video in (self._left, self._right) if video.length]
        self.length = min(lengths, default=None)
        if len(set(lengths)) > 1:
            logger.warning(
                f'{left.name} has {self._left.length} frames and {right.name} '
                f'{self._right.length}: played as far as both go'
            )

    def _frames(self) -> Iterator[StereoFrame]:
        # strict=False: the end of the shorter one is the end of the pair.
        pairs = zip(self._left.frames(), self._right.frames(), strict=False)
        for (left, time), (right, _) in pairs:
            yield StereoFrame(left, right, time)
