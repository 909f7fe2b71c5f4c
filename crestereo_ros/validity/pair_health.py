# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Finds faults in the images alone that make a pair useless for stereo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crestereo_ros.alignment.likeness import DOUBTFUL, moved, shares_alike, small_picture, UNLIKE
from crestereo_ros.validity.texture import deviation, TEXTURE

CHECK_INTERVAL = 0.5  # seconds
PERSISTENCE = 1.0  # seconds that a fault has to last before it is reported
BARE = 0.02  # share of the image with texture, below which the image counts as bare
DARK = 25.0  # mean grey level of a bare image, below which it is called dark
WHITE = 250  # grey level at which a pixel is saturated
SATURATED = 0.5  # share of saturated pixels

EXCHANGED = 0.25  # how much larger the share of matches on the wrong side has to be


@dataclass(frozen=True)
class PairFault:
    """
    What is wrong with a pair.

    `name` is short and does not change while the fault lasts. `text` says what to check.
    `is_error`: whether the whole pair is useless, rather than part of it.
    """

    name: str
    text: str
    is_error: bool


class PairHealth:
    """Checks a pair from time to time, and remembers which faults last."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}  # when each current fault began, by name
        self._faults: list[PairFault] = []
        self._next_look = 0.0
        self._previous: list[np.ndarray] = []  # small copies of both views

    @property
    def faults(self) -> list[PairFault]:
        """The lasting faults of the latest pair, worst first. Any thread may read them."""
        return self._faults

    def look(self, left: np.ndarray, right: np.ndarray, now: float, infinity: float = 0.0) -> None:
        """
        Check a pair if it is time to.

        :param left: uint8 (H, W, 3) BGR or (H, W) grey
        :param right: the same
        :param now: monotonic seconds
        :param infinity: the disparity of what is infinitely far, in pixels
        """
        if now < self._next_look:
            return
        self._next_look = now + CHECK_INTERVAL
        small = [small_picture(view) for view in (left, right)]
        found = faults_of_views(left, right) or frozen_views(self._previous, small)
        found = found or identical_views(left, right)
        found = found or unlike_views(small[0], moved(small[1], infinity / right.shape[1]))
        self._previous = small
        self._since = {x.name: self._since.get(x.name, now) for x in found}
        lasting = [x for x in found if now - self._since[x.name] >= PERSISTENCE]
        self._faults = sorted(lasting, key=lambda fault: not fault.is_error)

    def restart(self) -> None:
        """Forget everything, because other images follow."""
        self._since, self._faults, self._previous = {}, [], []


def faults_of_views(left: np.ndarray, right: np.ndarray) -> list[PairFault]:
    """Return the faults of each view by itself."""
    views = {'left': left, 'right': right}
    bare = [name for name, view in views.items() if np.mean(deviation(view) >= TEXTURE) < BARE]
    white = [name for name, view in views.items() if np.mean(view >= WHITE) > SATURATED]
    dark = [name for name in bare if views[name].mean() < DARK]
    if white:
        kind = 'saturated', 'reduce exposure and gain'
    elif dark and len(bare) == 1:
        kind = 'covered', 'uncover the lens, or check its exposure'
    elif dark:
        kind = 'too dark', 'uncover the lenses, add light, or raise exposure and gain'
    elif bare:
        kind = 'without texture', 'check focus, lens and what is in view, or add a projector'
    else:
        return []
    sides = white or dark or bare
    what = 'both images are' if len(sides) == 2 else f'the {sides[0]} image is'
    return [PairFault(kind[0], f'{what} {kind[0]}: {kind[1]}', bool(bare))]


def faults_of_pair(left: np.ndarray, right: np.ndarray) -> list[PairFault]:
    """
    Return the faults that a single pair can show.

    :param left: uint8 (H, W, 3) BGR or (H, W) grey
    :param right: the same
    """
    return faults_of_views(left, right) or unlike_views(small_picture(left), small_picture(right))


def frozen_views(before: list[np.ndarray], now: list[np.ndarray]) -> list[PairFault]:
    """
    Return a fault if one view is frozen while the other one moves.

    :param before: small copies of both views, or nothing
    :param now: small copies of the next views
    """
    if not before or before[0].shape != now[0].shape:
        return []
    still = [np.array_equal(*pair) for pair in zip(before, now, strict=True)]
    if still[0] == still[1]:
        return []
    side = 'left' if still[0] else 'right'
    text = f'the {side} image is frozen while the other moves: restart its driver'
    return [PairFault('frozen', text, True)]


def identical_views(left: np.ndarray, right: np.ndarray) -> list[PairFault]:
    """Return a fault if both views are the same image."""
    if not np.array_equal(left, right):
        return []
    text = 'both images are the same: use those of two cameras'
    return [PairFault('identical', text, True)]


def unlike_views(left: np.ndarray, right: np.ndarray, below: float = UNLIKE) -> list[PairFault]:
    """
    Return a fault if the views show different things or are exchanged.

    :param left: small copy, float32 (h, w), grey
    :param right: the same
    :param below: views with a smaller share of pixels with a partner are unlike
    """
    textured, right_order, wrong_order = shares_alike(left, right)
    if textured < BARE or right_order >= DOUBTFUL:
        return []
    if wrong_order > right_order + EXCHANGED:
        text = "the right image looks like the left camera's: exchange left and right"
        return [PairFault('exchanged', text, True)]
    if right_order >= below:
        return []
    text = (
        'the views have nothing in common: check that they are from the same moment, that their '
        'rows line up, and that they show the same scene'
    )
    return [PairFault('unlike', text, True)]
