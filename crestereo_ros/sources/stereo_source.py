# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What every source is, and what it gives."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from crestereo_ros.calibration import StereoCalibration
from crestereo_ros.sources.errors import StartError, UnequalSizesError


@dataclass(frozen=True, eq=False)
class StereoFrame:
    """
    What both cameras saw at one time.

    `left` and `right` are uint8 (H, W, 3), BGR, of equal size; `time` is in seconds from
    the first frame of the source and grows from frame to frame. `stamp` is when the left image
    was taken, in nanoseconds by the clock of its camera, None where that is not known.
    """

    left: np.ndarray
    right: np.ndarray
    time: float
    stamp: int | None = None


class StereoSource(ABC):
    """
    Something that gives stereo frames, as often as it is iterated, from its first frame on.

    A source that opens can be played: a constructor raises `SourceError` for everything that is
    wrong from the start. Later faults that leave frames to show are logged.
    """

    #: What users read in messages.
    name: str
    #: Frames per second at which the source was made to be played, above 0.
    rate: float
    #: How many frames there are as far as known before they are read, or None.
    length: int | None
    #: Whether it can start elsewhere than at its first frame.
    seekable: bool = True
    #: Whether `length` holds, or follows from the rate of a recording that may have gaps.
    length_is_known: bool = True
    #: Of both cameras, for the frames as they are given; None where the source has none.
    calibration: StereoCalibration | None = None
    #: Coordinate frame of the left camera; empty where the source names none.
    frame_id: str = ''

    def __iter__(self) -> Iterator[StereoFrame]:
        return self.frames()

    def frames(self, start: float = 0.0) -> Iterator[StereoFrame]:
        """
        Give the frames from the first one on that is not before a time, never none.

        A frame is the same, and has the same time, whatever the start.

        :param start: in seconds from the first frame of the source
        :raises StartError: when there is none, or the source cannot start elsewhere
        :raises SourceError: when it can no longer be played
        """
        if start > 0 and not self.seekable:
            raise StartError(f'{self.name} is live, it cannot start at {start:g} s: only at 0')
        given = False
        for frame in self._frames(start):
            given = True
            left, right = frame.left.shape, frame.right.shape
            if left != right:  # a video may change its size on the way
                name = f'{self.name} at {frame.time:.3g} s: the left image'
                raise UnequalSizesError(name, left, 'the right image', right)
            yield frame
        if not given:
            raise StartError(f'{start:g} s is beyond the end of {self.name}{self._length_text()}')

    def _length_text(self) -> str:
        return f', which is {self.duration:.4g} s long' if self.duration else ''

    @property
    def duration(self) -> float | None:
        """How many seconds there are as far as known before they are read, or None."""
        return self.length and self.length / self.rate

    @property
    def splittable(self) -> bool:
        """Whether images are the same wherever reading starts."""
        return self.seekable

    @abstractmethod
    def _frames(self, start: float) -> Iterator[StereoFrame]:
        """
        Give the frames from the first one on that is not before a time; maybe none.

        From 0 on there is one at least, or SourceError is raised.
        """
