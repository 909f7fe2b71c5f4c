# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The second of two stages of work, which runs while the first continues with the next item."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from time import perf_counter


class SecondStage:
    """
    Does the second half of the work on an item while its caller works on the next one.

    There is no queue in between: the caller waits until the previous item is done. So the second
    stage delays an item by no more than the time of the slower half.

    One thread calls `run`; any thread may call `stop`.
    """

    def __init__(self, on_error: Callable[[Exception], object]) -> None:
        """
        Make the stage.

        :param on_error: called with what the work raised, in the thread of the work
        """
        self._on_error = on_error
        self._executor = ThreadPoolExecutor(1, 'second stage')
        self._previous: Future[float] | None = None

    def run(self, work: Callable[[], None], in_thread: bool = True) -> float:
        """
        Start some work once the previous work is done.

        :param in_thread: whether to work in a separate thread rather than in the caller's
        :returns: the seconds of the latest finished work, 0 if there is none yet
        :raises RuntimeError: after `stop`
        """
        seconds = self._previous.result() if self._previous else 0.0
        if not in_thread:
            self._previous = None
            return self._timed(work)
        self._previous = self._executor.submit(self._timed, work)
        return seconds

    def stop(self, timeout: float = 0.0) -> None:
        """
        Accept no more work.

        :param timeout: seconds to wait for the work in progress
        """
        self._executor.shutdown(wait=False, cancel_futures=True)
        previous = self._previous
        if previous is not None:
            wait([previous], timeout)

    def _timed(self, work: Callable[[], None]) -> float:
        begin = perf_counter()
        try:
            work()
        except Exception as error:
            self._on_error(error)
        return perf_counter() - begin
