# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The rhythm of one camera: its rate, its silence, and missing items."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

INTERVALS = 32  # how many of the latest intervals the period is computed from
MIN_INTERVALS = 4
MAX_PERIODS = 4  # in the shortest interval, if every interval lacks items
ROUNDING = 0.15  # share of a period by which a multiple may be off
MULTIPLES = 0.9  # share of the intervals that have to be multiples of a period
PAUSE = 5_000_000_000  # nanoseconds; a longer gap is a camera that stopped, not a loss
RATE_SPAN = 5.0  # seconds over which arrivals are counted for the rate


def common_period(intervals: Sequence[int]) -> float | None:
    """
    Return the period whose whole multiples the intervals are, even if none is a single period.

    :param intervals: nanoseconds between the stamps of items, some of which may be missing
    :returns: the longest such period in seconds, None if there is none or too few intervals
    """
    if len(intervals) < MIN_INTERVALS:
        return None
    for parts in range(1, MAX_PERIODS + 1):
        period = min(intervals) / parts
        if sum(is_multiple(x, period) for x in intervals) >= MULTIPLES * len(intervals):
            return period / 1e9
    return None


def is_multiple(interval: float, period: float) -> bool:
    """Return whether an interval is about a whole number of periods, at least one."""
    periods = round(interval / period)
    return periods >= 1 and abs(interval / period - periods) <= ROUNDING


class Rhythm:
    """
    Follows the stamps and the arrivals of items.

    The period is the lower quartile of the latest intervals of stamps. So up to three of four
    intervals may lack an item or be longer because of jitter.
    """

    def __init__(self) -> None:
        self._intervals: deque[int] = deque(maxlen=INTERVALS)
        self._arrivals: deque[float] = deque()
        self._newest_stamp: int | None = None
        self._lost = 0

    @property
    def lost(self) -> int:
        """How many items are missing in the gaps between those that arrived."""
        return self._lost

    @property
    def intervals(self) -> list[int]:
        """The latest intervals of stamps in nanoseconds, oldest first."""
        return list(self._intervals)

    @property
    def period(self) -> float | None:
        """Seconds between items by their stamps, None until enough have arrived."""
        if len(self._intervals) < MIN_INTERVALS:
            return None
        return sorted(self._intervals)[len(self._intervals) // 4] / 1e9

    def add(self, stamp: int | None, now: float) -> None:
        """
        Add an item.

        :param stamp: the item's time in nanoseconds, None if it has none
        :param now: when it arrived, monotonic seconds
        """
        previous, self._newest_stamp = self._newest_stamp, stamp
        if previous is not None and stamp is not None and stamp != previous:
            self._add_interval(stamp - previous)
        self._arrivals.append(now)
        self._forget_arrivals(now)

    def rate(self, now: float) -> float:
        """Return the arrivals per second in the last `RATE_SPAN` seconds."""
        self._forget_arrivals(now)
        if len(self._arrivals) < 2:
            return 0.0
        span = self._arrivals[-1] - self._arrivals[0]
        return (len(self._arrivals) - 1) / span if span else 0.0

    def age(self, now: float) -> float | None:
        """Return the seconds since the latest arrival, None before the first."""
        return now - self._arrivals[-1] if self._arrivals else None

    def restart(self) -> None:
        """Do not count a gap before the next item: items that were not requested are not lost."""
        self._newest_stamp = None

    def _add_interval(self, interval: int) -> None:
        if not 0 < interval < PAUSE:
            self._intervals.clear()  # another recording, or a restarted camera
            return
        period = self.period
        if period is not None:
            self._lost += max(0, int(interval / 1e9 / period - 0.5))
        self._intervals.append(interval)

    def _forget_arrivals(self, now: float) -> None:
        # The latest stays, because `age` needs it.
        while len(self._arrivals) > 1 and self._arrivals[0] < now - RATE_SPAN:
            self._arrivals.popleft()
