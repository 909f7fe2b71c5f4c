# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measures now and then whether the rows of the pairs line up."""

from __future__ import annotations

import logging
from time import monotonic

import cv2
import numpy as np

from crestereo_ros.alignment import row_offset, RowOffset
from crestereo_ros.pairing import NewestItemWorker

SHORTEST_PAUSE = 10.0  # seconds
PAUSE = 50.0  # times the duration of a measurement, so that measuring takes 2 % of one core


class RowCheck:
    """A thread that measures a pair from time to time and skips all others."""

    def __init__(self) -> None:
        self._offset: RowOffset | None = None
        self._failure = ''
        self._due = 0.0  # monotonic seconds; infinite while a measurement is running
        self._restarts = 0
        self._worker = NewestItemWorker(self._measure, log_error, 'row check')

    @property
    def offset(self) -> RowOffset | None:
        """The latest measurement, None if there was none or the images showed too little."""
        return self._offset

    @property
    def failure(self) -> str:
        """What went wrong with the latest measurement, empty if nothing did."""
        return self._failure

    def offer(self, left: np.ndarray, right: np.ndarray) -> None:
        """
        Measure a pair if it is time to, and return at once.

        :param left: uint8 (H, W, 3), BGR, or (H, W), not written to afterwards
        :param right: the same shape
        """
        if monotonic() >= self._due:
            self._due = float('inf')
            self._worker.put((left, right, self._restarts))

    def restart(self) -> None:
        """Forget all measurements, including one in progress, and measure the next pair."""
        self._restarts += 1
        self._offset = None
        self._failure = ''
        self._due = 0.0

    def close(self, timeout: float) -> None:
        """
        Stop measuring.

        :param timeout: seconds to wait for the end of the measurement in progress
        """
        self._worker.stop(timeout)

    def _measure(self, item: tuple[np.ndarray, np.ndarray, int]) -> None:
        left, right, restarts = item
        start = monotonic()
        offset, failure = None, ''
        try:
            offset = row_offset(left, right)
        except (cv2.error, MemoryError) as error:
            failure = f'{type(error).__name__}: {error}'
        if restarts == self._restarts:
            self._offset, self._failure = offset, failure
            now = monotonic()
            self._due = now + max(SHORTEST_PAUSE, PAUSE * (now - start))


def log_error(error: Exception) -> None:
    logging.getLogger(__name__).error('Rows are no longer measured: %s', error)
