# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What makes a pair of images useless for stereo, seen in the images alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crestereo_ros.alignment.likeness import DOUBTFUL, moved, shares_alike, small_picture, UNLIKE
from crestereo_ros.validity.texture import deviation, TEXTURE

BETWEEN_LOOKS = 0.5  # seconds
PERSISTENCE = 1.0  # seconds that a fault has to last until it counts
BARE = 0.02  # share of an image with texture, below which it has none
DARK = 25.0  # mean grey level of an image without texture, below which it is called dark
WHITE = 250  # grey level from which on a pixel is saturated
SATURATED = 0.5  # share of saturated pixels

EXCHANGED = 0.25  # by which share more have one on the wrong side


@dataclass(frozen=True)
class PairFault:
    """
    What is wrong with a pair.

    `name` is short and does not change while the fault lasts. `text` says what to look at.
    `is_error`: nothing can be known of such a pair; else part of it can.
    """

    name: str
    text: str
    is_error: bool


class PairHealth:
    """Looks at a pair now and then, and remembers which faults last."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}  # name of each fault there is: when it began
        self._faults: list[PairFault] = []
        self._next_look = 0.0
        self._previous: list[np.ndarray] = []  # small pictures of both views

    @property
    def faults(self) -> list[PairFault]:
        """The faults of the latest pair that last, the worst first; for any thread."""
        return self._faults

    def look(self, left: np.ndarray, right: np.ndarray, now: float, infinity: float = 0.0) -> None:
        """
        Look at a pair, if it is time.

        :param left: uint8 (H, W, 3) BGR or (H, W) grey
        :param right: the same
        :param now: monotonic seconds
        :param infinity: the disparity of what is infinitely far, in pixels
        """
        if now < self._next_look:
            return
        self._next_look = now + BETWEEN_LOOKS
        small = [small_picture(view) for view in (left, right)]
        found = faults_of_views(left, right) or frozen_views(self._previous, small)
        found = found or identical_views(left, right)
        found = found or unlike_views(small[0], moved(small[1], infinity / right.shape[1]))
        self._previous = small
        self._since = {x.name: self._since.get(x.name, now) for x in found}
        lasting = [x for x in found if now - self._since[x.name] >= PERSISTENCE]
        self._faults = sorted(lasting, key=lambda fault: not fault.is_error)

    def restart(self) -> None:
        """Forget all: other images follow."""
        self._since, self._faults, self._previous = {}, [], []


def faults_of_views(left: np.ndarray, right: np.ndarray) -> list[PairFault]:
    """Return what is wrong with each view for itself."""
    views = {'left': left, 'right': right}
    bare = [name for name, view in views.items() if np.mean(deviation(view) >= TEXTURE) < BARE]
    white = [name for name, view in views.items() if np.mean(view >= WHITE) > SATURATED]
    dark = [name for name in bare if views[name].mean() < DARK]
    if white:
        kind = 'saturated', 'reduce exposure and gain'
    elif dark and len(bare) == 1:
        kind = 'covered', 'uncover the lens, or look at its exposure'
    elif dark:
        kind = 'too dark', 'uncover the lenses, give light, or raise exposure and gain'
    elif bare:
        kind = 'without texture', 'look at focus, lens and what is in view, or add a projector'
    else:
        return []
    sides = white or dark or bare
    what = 'both images are' if len(sides) == 2 else f'the {sides[0]} image is'
    return [PairFault(kind[0], f'{what} {kind[0]}: {kind[1]}', bool(bare))]


def faults_of_pair(left: np.ndarray, right: np.ndarray) -> list[PairFault]:
    """
    Return what can be seen in a single pair.

    :param left: uint8 (H, W, 3) BGR or (H, W) grey
    :param right: the same
    """
    return faults_of_views(left, right) or unlike_views(small_picture(left), small_picture(right))


def frozen_views(before: list[np.ndarray], now: list[np.ndarray]) -> list[PairFault]:
    """
    Return whether one view stands still while the other one moves.

    :param before: small pictures of both views, or nothing
    :param now: the same of later ones
    """
    if not before or before[0].shape != now[0].shape:
        return []
    still = [np.array_equal(*pair) for pair in zip(before, now, strict=True)]
    if still[0] == still[1]:
        return []
    side = 'left' if still[0] else 'right'
    text = f'the {side} image stands still while the other moves: restart its driver'
    return [PairFault('frozen', text, True)]


def identical_views(left: np.ndarray, right: np.ndarray) -> list[PairFault]:
    """Return whether both views are one and the same picture."""
    if not np.array_equal(left, right):
        return []
    text = 'both images are one and the same picture: name those of two cameras'
    return [PairFault('identical', text, True)]


def unlike_views(left: np.ndarray, right: np.ndarray, below: float = UNLIKE) -> list[PairFault]:
    """
    Return whether the views show different things, or have changed places.

    :param left: small picture, float32 (h, w), grey
    :param right: the same
    :param below: share of the pixels with a partner, below which the views are unlike
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
        'the views show nothing in common: look whether they come from the same moment, line up '
        'in rows, and show the same scene'
    )
    return [PairFault('unlike', text, True)]
