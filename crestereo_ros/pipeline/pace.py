# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Chooses how much work a match may be so that its result is in time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from crestereo_ros.matching.matcher import FEWEST_ITERATIONS

FEWEST_PIXELS = 96 * 128
STEP = 0.7  # factor of the iterations, or of the pixels, from one effort to the next smaller one
PASSES = 4.0  # how many iterations the rest of the network costs, until it is measured

TARGET = 0.85  # share of the time left to plan a match for; the rest allows for variation
RETURN = 0.7  # share of the time left that a greater effort must fit into
RISE, FALL = 0.5, 0.2  # weight of a new measurement in the estimate if it is above or below
FORGETTING = 0.01  # share by which other efforts move to what the latest result makes plausible
PATIENCE = 10  # results in a row for which a greater effort must fit
MAX_PATIENCE = 320
WAITS = 20  # pairs; the next one is expected to wait as long as the longest of them


class Effort(NamedTuple):
    """How much work a match is."""

    iterations: int
    resolution: tuple[int, int]  # (height, width)


def efforts_below(
    asked: Effort, fewer_iterations: bool = True, smaller_resolution: bool = True
) -> list[Effort]:
    """
    Return an effort and smaller ones, greatest first: fewer iterations first, then fewer pixels.

    :param fewer_iterations: whether the number of iterations can be reduced
    :param smaller_resolution: whether the resolution can be reduced
    """
    efforts = [asked]
    while fewer_iterations and efforts[-1].iterations > FEWEST_ITERATIONS:
        iterations = max(int(STEP * efforts[-1].iterations), FEWEST_ITERATIONS)
        efforts.append(Effort(iterations, asked.resolution))
    iterations, (height, width) = efforts[-1]
    pixels = STEP * height * width
    while smaller_resolution and pixels >= FEWEST_PIXELS:
        scale = (pixels / (height * width)) ** 0.5
        efforts.append(Effort(iterations, (round(scale * height), round(scale * width))))
        pixels *= STEP
    return efforts


class Pace:
    """
    Chooses the greatest effort whose results are in time.

    It learns the cost of each effort from measurements. One that differs from the expectation
    means that the machine's load has changed, so it changes the expectation for all efforts. A
    smaller effort is chosen at once. A greater one first has to fit with a margin for some results
    in a row, and for more of them after each time that it turned out to be too much.
    """

    def __init__(self, efforts: Sequence[Effort]) -> None:
        """
        Start with the greatest effort.

        :param efforts: at least one, greatest first, as `efforts_below` returns them
        """
        self._efforts = list(efforts)
        self._work = [(PASSES + n) * height * width for n, (height, width) in efforts]
        self._seconds: list[float] = []  # expected for each effort; empty before the first result
        self._measured = [False] * len(self._efforts)
        self._index = 0
        self._budget = float('inf')
        self._waits: deque[float] = deque(maxlen=WAITS)
        self._patience = PATIENCE
        self._fitting = 0  # results in a row for which a greater effort would fit
        self._since_rise: int | None = None  # results since the latest rise, while it is on trial

    @property
    def efforts(self) -> Sequence[Effort]:
        """All efforts, greatest first."""
        return self._efforts

    @property
    def is_too_slow(self) -> bool:
        """Whether even the smallest effort is expected to take too long."""
        return bool(self._seconds) and self._seconds[-1] > self._budget

    def choose(self, limit: float, waited: float) -> Effort:
        """
        Return the effort for the next match.

        :param limit: the greatest age of a result in seconds
        :param waited: the seconds that have passed already
        """
        # A wait that uses up the whole limit had a cause that does not return, such as the first
        # match, or a smaller effort would not help.
        self._waits.append(min(waited, limit / 2))
        self._budget = limit - max(self._waits)
        if not self._seconds:
            return self._efforts[self._index]
        fits = self._greatest_within(TARGET * self._budget)
        if fits > self._index:
            if self._since_rise is not None:
                self._patience = min(2 * self._patience, MAX_PATIENCE)
            self._index, self._fitting, self._since_rise = fits, 0, None
        elif self._fitting >= self._patience:
            self._index = self._greatest_within(RETURN * self._budget)
            self._fitting, self._since_rise = 0, 0
        return self._efforts[self._index]

    def add(self, seconds: float) -> None:
        """Learn how long the work took with the latest effort."""
        i, work = self._index, self._work
        if not self._seconds:
            self._seconds = [seconds * x / work[i] for x in work]
        expected = self._seconds[i]
        if self._measured[i]:
            share = RISE if seconds > expected else FALL
            change = 1.0 + share * (seconds / expected - 1.0)
        else:
            change = seconds / expected
        for j, known in enumerate(self._measured):
            # The first result of an effort says nothing about those already measured.
            if j == i or self._measured[i] or not known:
                self._seconds[j] *= change
            # Plausible is any time between the same one and one in proportion to the work.
            limits = sorted((self._seconds[i], self._seconds[i] * work[j] / work[i]))
            plausible = min(max(self._seconds[j], limits[0]), limits[1])
            self._seconds[j] += FORGETTING * (plausible - self._seconds[j])
        self._measured[i] = True
        could_rise = self._greatest_within(RETURN * self._budget) < i
        self._fitting = self._fitting + 1 if could_rise else 0
        if self._since_rise is not None:
            self._since_rise += 1
            if self._since_rise > 2 * self._patience:  # the trial has succeeded
                self._since_rise, self._patience = None, PATIENCE

    def _greatest_within(self, seconds: float) -> int:
        """Return the index of the greatest effort that takes at most so long, or the last."""
        fitting = (i for i, expected in enumerate(self._seconds) if expected <= seconds)
        return next(fitting, len(self._efforts) - 1)
