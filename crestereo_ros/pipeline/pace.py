# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How much work a match may be, so that its result comes in time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from crestereo_ros.matching.matcher import FEWEST_ITERATIONS

FEWEST_PIXELS = 96 * 128
STEP = 0.7  # of the iterations, or of the pixels, from one effort to the next smaller one
PASSES = 4.0  # iterations that the rest of the network takes as long as, until it is measured

TARGET = 0.85  # share of the time left that a match is planned for; the rest is for its variation
RETURN = 0.7  # share of the time left that a greater effort has to fit into
RISE, FALL = 0.5, 0.2  # share of a new measurement in the estimate, where it is more and less
FORGETTING = 0.01  # share by which other efforts return to what the latest result allows
PATIENCE = 10  # results in a row for which a greater effort must have fitted
MOST_PATIENCE = 320
WAITS = 20  # pairs; the longest of their waits is expected of the next one too


class Effort(NamedTuple):
    """What a match is done with."""

    iterations: int
    resolution: tuple[int, int]  # (height, width)


def efforts_below(
    asked: Effort, fewer_iterations: bool = True, smaller_resolution: bool = True
) -> list[Effort]:
    """
    Return an effort and smaller ones, the greatest first: at first fewer iterations, then pixels.

    :param fewer_iterations: whether the number of iterations can be reduced
    :param smaller_resolution: whether the resolution can be
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
    Chooses the greatest effort that results come in time with.

    The cost of each effort is learnt from what it took. A measurement that differs from the
    expected one means that the machine's load has changed, and so changes what is expected of all
    efforts alike. A smaller effort is chosen at once. A greater one has to fit with a margin for
    some results in a row, for longer each time that it turned out to be too much.
    """

    def __init__(self, efforts: Sequence[Effort]) -> None:
        """
        Begin with the greatest effort.

        :param efforts: at least one, the greatest first, as `efforts_below` returns them
        """
        self._efforts = list(efforts)
        self._work = [(PASSES + n) * height * width for n, (height, width) in efforts]
        self._seconds: list[float] = []  # expected of each effort, empty before the first result
        self._measured = [False] * len(self._efforts)
        self._index = 0
        self._budget = float('inf')
        self._waits: deque[float] = deque(maxlen=WAITS)
        self._patience = PATIENCE
        self._fitting = 0  # results in a row for which a greater effort would have fitted
        self._since_rise: int | None = None  # results since the latest step up, while on trial

    @property
    def efforts(self) -> Sequence[Effort]:
        """All that can be chosen, the greatest first."""
        return self._efforts

    @property
    def is_too_slow(self) -> bool:
        """Tell whether even the smallest effort is expected to take longer than there is time."""
        return bool(self._seconds) and self._seconds[-1] > self._budget

    def choose(self, limit: float, waited: float) -> Effort:
        """
        Return the effort for the next match.

        :param limit: seconds that the result may be old
        :param waited: seconds of them that have passed
        """
        # A wait that takes it all was behind something that does not come again, such as the
        # first match, or no smaller effort will help.
        self._waits.append(min(waited, limit / 2))
        self._budget = limit - max(self._waits)
        if not self._seconds:
            return self._efforts[self._index]
        fits = self._largest_within(TARGET * self._budget)
        if fits > self._index:
            if self._since_rise is not None:
                self._patience = min(2 * self._patience, MOST_PATIENCE)
            self._index, self._fitting, self._since_rise = fits, 0, None
        elif self._fitting >= self._patience:
            self._index = self._largest_within(RETURN * self._budget)
            self._fitting, self._since_rise = 0, 0
        return self._efforts[self._index]

    def add(self, seconds: float) -> None:
        """Learn how long the work took with the effort that was chosen last."""
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
            # The first result of an effort tells nothing about those that were measured.
            if j == i or self._measured[i] or not known:
                self._seconds[j] *= change
            # Between as long, were it all for what no effort changes, and in proportion.
            limits = sorted((self._seconds[i], self._seconds[i] * work[j] / work[i]))
            plausible = min(max(self._seconds[j], limits[0]), limits[1])
            self._seconds[j] += FORGETTING * (plausible - self._seconds[j])
        self._measured[i] = True
        could_rise = self._largest_within(RETURN * self._budget) < i
        self._fitting = self._fitting + 1 if could_rise else 0
        if self._since_rise is not None:
            self._since_rise += 1
            if self._since_rise > 2 * self._patience:  # it has stood the trial
                self._since_rise, self._patience = None, PATIENCE

    def _largest_within(self, seconds: float) -> int:
        """Return the index of the greatest effort that takes so long, the last if none does."""
        fitting = (i for i, expected in enumerate(self._seconds) if expected <= seconds)
        return next(fitting, len(self._efforts) - 1)
