# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The frames of a source, aligned as they come."""

import logging
import math
from threading import Lock, Thread
from time import monotonic

import numpy as np

from crestereo_ros.alignment.alignment import Alignment
from crestereo_ros.alignment.estimator import AlignmentEstimator

INTERVAL = 0.5  # s of rest between two estimates
# An estimate takes some hundred ms: of one core, three quarters are left to the rest of the work.
REST = 3  # times as long as the estimate took

logger = logging.getLogger(__name__)


class Aligner:
    """
    Align every frame of a source, in order, and keep up with what changes.

    The first frame is looked at before it is returned. Later ones are looked at now and then, each
    in a thread that holds up no frame: what is found counts for those that follow. One aligner
    serves one source; `close` it, or use it as a context manager, when there is no more to align.
    """

    def __init__(self, swap: str = 'auto'):
        """
        Start with nothing known.

        :param swap: 'auto' exchanges left and right when sure that they are exchanged, 'yes'
            always, 'no' never
        :raises ValueError: for anything else
        """
        self._estimator = AlignmentEstimator(swap)
        self._alignment = self._estimator.estimate()
        self._lock = Lock()  # that nothing is told after close
        self._closed = False
        self._seen = None  # the newest left image that was looked at
        self._due = -math.inf  # when to look at the next one; never, while one is looked at

    def __enter__(self) -> 'Aligner':
        return self

    def __exit__(self, *_) -> None:
        self.close()

    @property
    def alignment(self) -> Alignment:
        """What is done to frames at present; before the first one, what was told by `swap`."""
        return self._alignment

    def align(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """
        Align one frame.

        :param left: uint8 (H, W, 3), BGR; not to be written to afterwards
        :param right: the same size
        :returns: both in the same size, black where nothing was seen; images that need no change
            are returned as they are, not copied
        :raises ValueError: when the sizes differ or are not (H, W, 3)
        """
        if self._seen is None:
            self._look(left, right)
        elif monotonic() >= self._due and left is not self._seen:
            self._due = math.inf
            # No daemon: an interpreter that is torn down beneath OpenCV crashes.
            Thread(target=self._look_aside, args=(left, right), name='aligner').start()
        return self._alignment.apply(left, right)

    def close(self) -> None:
        """Look at nothing more; frames are aligned as the last one was. Waits for nothing."""
        with self._lock:
            self._closed = True
            self._due = math.inf

    def _look_aside(self, left, right):
        try:
            self._look(left, right)
        except Exception as error:
            logger.error(f'alignment stays as it is: {error}')

    def _look(self, left, right):
        start = monotonic()
        try:
            self._estimator.add(left, right)
            self._use(self._estimator.estimate())
            self._seen = left
        finally:
            now = monotonic()
            with self._lock:
                self._due = math.inf if self._closed else now + max(INTERVAL, REST * (now - start))

    def _use(self, alignment):
        with self._lock:
            previous = self._alignment
            # Without evidence only the reason may change, from frame to frame: it is told once.
            new = alignment.matches or alignment.swapped != previous.swapped
            if not self._closed and (self._seen is None or (new and alignment is not previous)):
                self._alignment = alignment
                logger.info(alignment.report)
