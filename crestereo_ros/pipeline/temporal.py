# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Starts a frame from the previous disparity where the two frames are similar."""

from __future__ import annotations

from collections import deque
from statistics import median

import cv2
import numpy as np

from crestereo_ros.grey import grey

THUMBNAIL = 32, 24  # width, height; enough to tell scenes apart, too little to see small motions
MIDDLE = slice(3, 21), slice(4, 28)  # of the thumbnail; it may have moved anywhere within it
MAX_CHANGE = 0.3  # of the middle, see `_change`
LONGEST_GAP = 1_000_000_000  # nanoseconds from frame to frame
MAX_INTERVALS = 2.5  # a longer gap skips more frames than usual, even if none was lost
INTERVALS = 9  # how many of the latest intervals the median is computed from


class PreviousDisparity:
    """
    Remembers the latest frame of a video.

    One thread uses it: `start_for` before a frame is matched, `keep` after it. A frame that
    fails in between leaves nothing for the next to start from.

    Attributes: `reason`, why the latest `start_for` returned None, or empty.
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
        :param stamp: the frame's stamp in nanoseconds; None for frames without gaps
        :param setup: how it is matched, such as the matcher and the resolution; a disparity
            found with another setup is not used
        :param lost: how many frames were lost on the way so far, not counting those that a newer
            one replaced
        :returns: float32 (H, W), pixels; or None, and `reason` says why
        """
        thumbnail = _thumbnail(left)
        self.reason = self._obstacle(left, thumbnail, stamp, setup, lost)
        start = None if self.reason else self._disparity
        self._disparity = None
        self._thumbnail, self._stamp, self._setup, self._lost = thumbnail, stamp, setup, lost
        return start

    def keep(self, disparity: np.ndarray) -> None:
        """Keep the disparity of the frame that `start_for` was last called with."""
        self._disparity = disparity

    def forget(self) -> None:
        """Start the next frame from nothing, because a frame was lost before `start_for`."""
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
            if gap > MAX_INTERVALS * usual:
                return 'lost frames'
        if lost != self._lost:
            return 'lost frames'
        return 'cut' if _change(thumbnail, self._thumbnail) > MAX_CHANGE else ''


def _thumbnail(image: np.ndarray) -> np.ndarray:
    small = cv2.resize(np.ascontiguousarray(image), THUMBNAIL, interpolation=cv2.INTER_AREA)
    return grey(np.asarray(small))


def _change(thumbnail: np.ndarray, previous: np.ndarray) -> float:
    # From 0 for the same image to 1 for nothing in common, whatever the exposure.
    middle = thumbnail[MIDDLE]
    if not middle.std() or not previous.std():
        return 1.0  # of one colour, which correlates with nothing
    return 1 - float(cv2.matchTemplate(previous, middle, cv2.TM_CCOEFF_NORMED).max())
