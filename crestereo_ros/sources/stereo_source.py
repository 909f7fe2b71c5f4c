# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What every source is, and what it gives."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class StereoFrame:
    """
    What both cameras saw at one time.

    `left` and `right` are uint8 (H, W, 3), BGR, of equal size; `time` is in seconds from
    the first frame of the source and grows from frame to frame.
    """

    left: np.ndarray
    right: np.ndarray
    time: float

    def swapped(self) -> 'StereoFrame':
        """Return the frame with left and right exchanged."""
        return StereoFrame(self.right, self.left, self.time)


class StereoSource(ABC):
    """
    Something that gives stereo frames, as often as it is iterated, from its first frame on.

    A source that opens can be played: a constructor raises `SourceError` for all that is wrong
    from the start. What goes wrong later, but leaves frames to show, is told through `logging`.
    """

    #: What users read in messages.
    name: str
    #: Frames per second at which the source was made to be played, above 0.
    rate: float
    #: How many frames there are as far as known before they are read, or None.
    length: int | None
    #: Whether left and right are exchanged; may be changed at any time.
    swap: bool = False

    def __iter__(self) -> Iterator[StereoFrame]:
        for frame in self._frames():
            yield frame.swapped() if self.swap else frame

    @abstractmethod
    def _frames(self) -> Iterator[StereoFrame]:
        """Give the frames from the first one on, never none; raise SourceError if that fails."""
