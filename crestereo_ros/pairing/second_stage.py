# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Work that follows other work, beside which the next of the other can begin."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from time import perf_counter


class SecondStage:
    """
    Does the second half of the work on an item while its caller works on the next one.

    No item waits in between: who hands in the next one waits until the one before is done. So an
    item is older at its end by no more than the time of the slower half.

    One thread calls `run`; any may call `stop`.
    """

    def __init__(self, on_error: Callable[[Exception], object], beside: bool = True) -> None:
        """
        Start the thread.

        :param on_error: called, where the work is done, with what it raised
        :param beside: False to do the work in the caller's thread
        """
        self._on_error = on_error
        self._executor = ThreadPoolExecutor(1, 'second stage') if beside else None
        self._before: Future[float] | None = None

    def run(self, work: Callable[[], None]) -> float:
        """
        Begin some work once the one before is done.

        :returns: seconds that the latest finished work took; 0 if there is none yet
        """
        if self._executor is None:
            return self._timed(work)
        seconds = self._before.result() if self._before else 0.0
        self._before = self._executor.submit(self._timed, work)
        return seconds

    def stop(self, timeout: float = 0.0) -> None:
        """
        Take no more work.

        :param timeout: seconds to wait for the end of what is in progress
        """
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            if self._before is not None:
                wait([self._before], timeout)

    def _timed(self, work: Callable[[], None]) -> float:
        begin = perf_counter()
        try:
            work()
        except Exception as error:
            self._on_error(error)
        return perf_counter() - begin
