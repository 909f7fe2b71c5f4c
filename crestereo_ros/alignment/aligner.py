# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Alignment of the frames of a source as they come."""

import logging
import math
from threading import Lock, Thread
from time import monotonic

import numpy as np

from crestereo_ros.alignment.alignment import Alignment
from crestereo_ros.alignment.estimator import AlignmentEstimator

# An estimate takes a few hundred milliseconds. The pause after it is long enough that estimates
# take a quarter of one core at most.
SHORTEST_PAUSE = 0.5  # s
PAUSE = 3.0  # in units of the time that the estimate took

logger = logging.getLogger(__name__)


class Aligner:
    """
    Align the frames of one source in order, and follow changes of the cameras.

    The first frame is examined before it is returned. Later frames are examined from time to
    time in a separate thread, so that no frame waits; the result applies to the frames that
    follow. Close the aligner after the last frame, or use it as a context manager.
    """

    def __init__(self, swap: str = 'auto') -> None:
        """
        Prepare for the first frame.

        :param swap: whether left and right change places: 'yes', 'no', or 'auto' to change them
            when the images leave no doubt
        :raises ValueError: if `swap` is anything else
        """
        self._estimator = AlignmentEstimator(swap)
        self._alignment = self._estimator.estimate()
        self._lock = Lock()  # no change, and no log line, after close()
        self._closed = False
        self._examined: np.ndarray | None = None  # the left image that was examined last
        # The time of the next examination; infinite while one is running.
        self._due = -math.inf

    def __enter__(self) -> 'Aligner':
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def alignment(self) -> Alignment:
        """The alignment in use; before the first frame it only follows `swap`."""
        return self._alignment

    def align(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """
        Align one frame.

        :param left: uint8 (H, W, 3), BGR; the caller must not write to it afterwards
        :param right: the same size
        :returns: left and right in the same size, black where the camera saw nothing; an image
            that needs no change is returned as it is, not copied
        :raises ValueError: if the sizes differ or an image is not (H, W, 3)
        """
        if self._examined is None:
            self._examine(left, right)
        elif monotonic() >= self._due and left is not self._examined:
            self._due = math.inf
            # Not a daemon: OpenCV crashes if the interpreter shuts down while it is running.
            Thread(target=self._examine_in_background, args=(left, right), name='aligner').start()
        return self._alignment.apply(left, right)

    def close(self) -> None:
        """End the examinations without waiting; further frames are aligned as the last one."""
        with self._lock:
            self._closed = True
            self._due = math.inf

    def _examine_in_background(self, left: np.ndarray, right: np.ndarray) -> None:
        try:
            self._examine(left, right)
        except Exception as error:
            logger.error(f'The alignment was not updated: {error}')

    def _examine(self, left: np.ndarray, right: np.ndarray) -> None:
        start = monotonic()
        try:
            self._estimator.add(left, right)
            self._use(self._estimator.estimate())
            self._examined = left
        finally:
            now = monotonic()
            pause = max(SHORTEST_PAUSE, PAUSE * (now - start))
            with self._lock:
                self._due = math.inf if self._closed else now + pause

    def _use(self, alignment: Alignment) -> None:
        with self._lock:
            previous = self._alignment
            # Without enough matches only the reason changes from frame to frame: log it once.
            new = alignment.matches or alignment.swapped != previous.swapped
            first = self._examined is None
            if not self._closed and (first or (new and alignment is not previous)):
                self._alignment = alignment
                logger.info(alignment.report)
