# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The disparity of the frame before as the start of the next, where the two are much alike."""

from __future__ import annotations

from collections import deque
from statistics import median

import cv2
import numpy as np

THUMBNAIL = 32, 24  # width and height; large enough to tell scenes apart, blind to small motions
MIDDLE = slice(3, 21), slice(4, 28)  # of the thumbnail, which may have moved to anywhere in it
MOST_CHANGE = 0.3  # of the middle, see `_change`
LONGEST_GAP = 1_000_000_000  # nanoseconds from frame to frame
MOST_INTERVALS = 2.5  # a longer gap has left out more frames than usual, even if none was lost
INTERVALS = 9  # the newest, that their median is taken from


class PreviousDisparity:
    """
    Remembers the latest frame of a video.

    One thread uses it: `start_for` before a frame is matched, `keep` afterwards. A frame that
    fails in between leaves nothing for the next to start from.

    Attributes: `reason`, why the latest `start_for` gave nothing, empty if it gave a disparity.
    """

    def __init__(self) -> None:
        self.reason = ''
        self._disparity: np.ndarray | None = None
        self._thumbnail: np.ndarray | None = None
        self._stamp: int | None = None
        self._lost = 0
        self._setup: object = None
        self._intervals: deque[int] = deque(maxlen=INTERVALS)

    def start_for(
        self, left: np.ndarray, stamp: int | None, setup: object, lost: int = 0
    ) -> np.ndarray | None:
        """
        Return the disparity to start a frame from.

        :param left: uint8 (H, W, 3) or (H, W)
        :param stamp: of the frame, nanoseconds; None for frames without a gap between them
        :param setup: how it is matched, such as the matcher and the resolution; a disparity that
            was found with another is not used
        :param lost: how many frames were lost on the way until now, other than those that were
            left out because a newer one was there
        :returns: float32 (H, W), pixels, or None; then `reason` says why
        """
        thumbnail = _thumbnail(left)
        self.reason = self._obstacle(left, thumbnail, stamp, setup, lost)
        start = None if self.reason else self._disparity
        self._disparity = None
        self._thumbnail, self._stamp, self._setup, self._lost = thumbnail, stamp, setup, lost
        return start

    def keep(self, disparity: np.ndarray) -> None:
        """Keep what was found in the frame that `start_for` was last called with."""
        self._disparity = disparity

    def forget(self) -> None:
        """Start the next frame from nothing: a frame was lost before `start_for`."""
        self._disparity = None

    def _obstacle(
        self,
        left: np.ndarray,
        thumbnail: np.ndarray,
        stamp: int | None,
        setup: object,
        lost: int,
    ) -> str:
        if self._disparity is None or self._thumbnail is None:
            return 'no frame before'
        if setup != self._setup:
            return 'other settings'
        if left.shape[:2] != self._disparity.shape:
            return 'other size'
        if stamp is not None and self._stamp is not None:
            gap = stamp - self._stamp
            if not 0 < gap <= LONGEST_GAP:
                self._intervals.clear()
                return 'jump of time'
            usual = median(self._intervals) if self._intervals else gap
            self._intervals.append(gap)
            if gap > MOST_INTERVALS * usual:
                return 'lost frames'
        if lost != self._lost:
            return 'lost frames'
        return 'cut' if _change(thumbnail, self._thumbnail) > MOST_CHANGE else ''


def _thumbnail(image: np.ndarray) -> np.ndarray:
    small = cv2.resize(np.ascontiguousarray(image), THUMBNAIL, interpolation=cv2.INTER_AREA)
    return small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)


def _change(thumbnail: np.ndarray, previous: np.ndarray) -> float:
    # 0 the same, 1 nothing in common, whatever the exposure.
    middle = thumbnail[MIDDLE]
    if not middle.std() or not previous.std():
        return 1.0  # of one colour, which correlates with nothing
    return 1 - float(cv2.matchTemplate(previous, middle, cv2.TM_CCOEFF_NORMED).max())
