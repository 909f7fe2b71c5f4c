# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Keeps results from being older than `max_latency_ms`."""

from __future__ import annotations

import weakref

from crestereo_ros.matching import StereoMatcher
from crestereo_ros.pipeline.pace import Effort, efforts_below, Pace


class LatencyLimit:
    """
    Chooses iterations and resolution, in the thread that matches.

    Any thread may read `problem` and `adapted`. It does not keep the matcher alive.
    """

    def __init__(self) -> None:
        self._limit = 0.0
        # What `_pace` was made for.
        self._of: tuple[weakref.ref[StereoMatcher], Effort] | None = None
        self._pace: Pace | None = None
        self._used: Effort | None = None

    def effort(self, matcher: StereoMatcher, asked: Effort, limit: float, waited: float) -> Effort:
        """
        Return the effort for the next match.

        :param asked: the requested effort, which is the greatest
        :param limit: the greatest age of a result in seconds; 0 for no limit
        :param waited: the seconds that have passed already
        """
        self._limit = limit
        if not limit:
            self._of = self._pace = None
            return asked
        of = weakref.ref(matcher), asked
        if self._pace is None or self._of != of:
            self._of = of
            self._pace = Pace(
                efforts_below(
                    asked,
                    fewer_iterations=(
                        matcher.fixed_iterations is None and not matcher.builds_engines
                    ),
                    smaller_resolution=(
                        matcher.fixed_resolution is None and not matcher.builds_engines
                    ),
                )
            )
        self._used = self._pace.choose(limit, waited)
        return self._used

    def add(self, seconds: float) -> None:
        """Learn how long the work on a pair took with the latest effort."""
        if self._pace is not None:
            self._pace.add(seconds)

    @property
    def problem(self) -> str:
        """Why results are older than the limit, empty if they are not."""
        pace = self._pace
        if pace is None or not pace.is_too_slow:
            return ''
        return (
            f'max_latency_ms {1e3 * self._limit:g} cannot be met: {_text(pace.efforts[-1])} '
            'takes longer, and this is the least work that this model can do on this provider'
        )

    @property
    def adapted(self) -> str:
        """The requested effort and the one in use, for diagnostics; empty without a limit."""
        of, used = self._of, self._used
        if of is None or used is None:
            return ''
        asked = of[1]
        return 'no' if used == asked else f'from {_text(asked)} to {_text(used)}'


def _text(effort: Effort) -> str:
    iterations, (height, width) = effort
    return f'{height}x{width} with {iterations or "unknown"} iterations'
