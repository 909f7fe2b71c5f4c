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

    def __init__(self, on_error: Callable[[Exception], object]) -> None:
        """
        Make the stage.

        :param on_error: called, where the work is done, with what it raised
        """
        self._on_error = on_error
        self._executor = ThreadPoolExecutor(1, 'second stage')
        self._before: Future[float] | None = None

    def run(self, work: Callable[[], None], beside: bool = True) -> float:
        """
        Begin some work once the one before is done.

        :param beside: False to do the work in the caller's thread
        :returns: seconds that the latest finished work took; 0 if there is none yet
        :raises RuntimeError: after `stop`
        """
        seconds = self._before.result() if self._before else 0.0
        if not beside:
            self._before = None
            return self._timed(work)
        self._before = self._executor.submit(self._timed, work)
        return seconds

    def stop(self, timeout: float = 0.0) -> None:
        """
        Take no more work.

        :param timeout: seconds to wait for the end of what is in progress
        """
        self._executor.shutdown(wait=False, cancel_futures=True)
        before = self._before
        if before is not None:
            wait([before], timeout)

    def _timed(self, work: Callable[[], None]) -> float:
        begin = perf_counter()
        try:
            work()
        except Exception as error:
            self._on_error(error)
        return perf_counter() - begin
