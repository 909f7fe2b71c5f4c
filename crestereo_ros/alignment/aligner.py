# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Aligns the frames of a source one by one."""

import logging
import math
from threading import Lock, Thread
from time import monotonic

import numpy as np

from crestereo_ros.alignment.alignment import Alignment
from crestereo_ros.alignment.estimator import AlignmentEstimator
from crestereo_ros.alignment.likeness import shares_alike, small_picture

# An estimate takes a few hundred milliseconds. The pause after it is so long that estimates take
# at most a quarter of one core.
SHORTEST_PAUSE = 0.5  # s
PAUSE = 3.0  # times the duration of the estimate
PERIOD = 12  # frames between two examinations if frame numbers decide
WORSE = 0.05  # by how much the matching share of the views may decrease

logger = logging.getLogger(__name__)


class Aligner:
    """
    Aligns the frames of one source in order, and follows changes of the cameras.

    It examines the first frame before returning it. Later it examines frames from time to time in
    a separate thread, so that no frame has to wait, and the result applies to the frames after
    that. Close the aligner after the last frame, or use it as a context manager.
    """

    def __init__(self, swap: str = 'auto', *, by_frames: bool = False) -> None:
        """
        Prepare for the first frame.

        :param swap: whether to exchange left and right: 'yes', 'no', or 'auto' to do so if the
            images leave no doubt
        :param by_frames: whether frame numbers decide which frames are examined and from which
            frame on the result applies, rather than the clock; the same frames then always give
            the same images
        :raises ValueError: if `swap` is anything else
        """
        self._estimator = AlignmentEstimator(swap)
        self._alignment = self._estimator.estimate()
        self._lock = Lock()  # no change and no log entry after close()
        self._closed = False
        self._examined: np.ndarray | None = None  # the left image of the latest examination
        self._by_frames = by_frames
        self._frames = 0
        self._thread: Thread | None = None
        self._proposed: Alignment | None = None  # result of the latest examination
        # The time of the next examination; infinite while one is running.
        self._due = -math.inf

    def __enter__(self) -> 'Aligner':
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def alignment(self) -> Alignment:
        """The alignment in use; before the first frame, it only follows `swap`."""
        return self._alignment

    def align(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """
        Align one frame.

        :param left: uint8 (H, W, 3), BGR; the caller must not write to it afterwards
        :param right: the same size
        :returns: left and right in the same size, black where the camera saw nothing; an image
            that needs no change is returned without a copy
        :raises ValueError: if the sizes differ or an image is not (H, W, 3)
        """
        if self._examined is None:
            self._examine(left, right)
        elif self._is_due() and left is not self._examined:
            self._due = math.inf
            # Not a daemon: OpenCV crashes if the interpreter shuts down while it runs.
            self._thread = Thread(
                target=self._examine_in_background, args=(left, right), name='aligner'
            )
            self._thread.start()
        self._frames += 1
        return self._alignment.apply(left, right)

    def close(self) -> None:
        """Stop examining without waiting; further frames are aligned like the last one."""
        with self._lock:
            self._closed = True
            self._due = math.inf

    def _is_due(self) -> bool:
        if not self._by_frames:
            return monotonic() >= self._due
        if self._closed or self._frames % PERIOD:
            return False
        if self._thread is not None:
            self._thread.join()  # the result of the previous examination applies from here on
            with self._lock:
                self._use_proposed()
        return True

    def _examine_in_background(self, left: np.ndarray, right: np.ndarray) -> None:
        try:
            self._examine(left, right)
        except Exception as error:
            logger.error(f'The alignment was not updated: {error}')

    def _examine(self, left: np.ndarray, right: np.ndarray) -> None:
        start = monotonic()
        try:
            self._estimator.add(left, right)
            self._propose(self._estimator.estimate(), left, right)
            self._examined = left
        finally:
            now = monotonic()
            pause = max(SHORTEST_PAUSE, PAUSE * (now - start))
            with self._lock:
                self._due = math.inf if self._closed else now + pause

    def _propose(self, alignment: Alignment, left: np.ndarray, right: np.ndarray) -> None:
        previous = self._alignment
        first = self._examined is None
        # Without enough matches, only the reason changes from frame to frame: log it once.
        is_new = alignment.matches or alignment.swapped != previous.swapped
        if not first:
            if not is_new or alignment is previous:
                return
            if _is_worse(alignment, previous, left, right):
                logger.info('Ignored a new estimate of the alignment that fits worse')
                return
        with self._lock:
            self._proposed = alignment
            if first or not self._by_frames:
                self._use_proposed()

    def _use_proposed(self) -> None:
        alignment, self._proposed = self._proposed, None
        if alignment is not None and not self._closed:
            self._alignment = alignment
            logger.info(alignment.report)


def _is_worse(new: Alignment, old: Alignment, left: np.ndarray, right: np.ndarray) -> bool:
    """Return whether less of the views matches, row by row, than with the previous alignment."""
    if new.swapped != old.swapped:
        return False  # the estimate has weighed which view is on which side
    small = small_picture(left), small_picture(right)
    shares = [shares_alike(*each.apply(*small))[1] for each in (new, old)]
    return shares[0] < shares[1] - WORSE
