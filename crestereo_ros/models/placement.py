# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where an image lies in what a network takes."""

from __future__ import annotations

from typing import NamedTuple

from crestereo_ros.models.description import RESIZE, Size


class Placement(NamedTuple):
    """
    How an image gets the size of a network's input.

    `size`: (height, width) that it is resized to. `network`: that of the input. `top`, `left`:
    where the image begins in it. `border`: what is around it, one of `description.BORDERS`.
    """

    size: tuple[int, int]
    network: tuple[int, int]
    top: int = 0
    left: int = 0
    border: str = 'replicate'


def place(wanted: tuple[int, int], rules: Size, fixed: tuple[int, int] | None) -> Placement:
    """
    Place an image.

    :param wanted: (height, width) that the image is to have
    :param rules: what the network takes
    :param fixed: its (height, width), where it has but one; `wanted` must not be larger
    """
    network = fixed or (_allowed(wanted[0], rules), _allowed(wanted[1], rules))
    size = min(wanted[0], network[0]), min(wanted[1], network[1])
    if rules.fit == RESIZE:
        size = network
    below, right = network[0] - size[0], network[1] - size[1]
    top, left = {
        'right_bottom': (0, 0),
        'right_top': (below, 0),
        'centre': (below // 2, right // 2),
    }[rules.sides]
    return Placement(size, network, top, left, rules.border)


def within(shape: tuple[int, ...], rules: Size, fixed: tuple[int, int] | None) -> tuple[int, int]:
    """
    Return the largest (height, width) that an image can have in the network.

    :param shape: of the image, or the size that it is to have
    :param rules: what the network takes
    :param fixed: its (height, width), where it has but one
    """
    if fixed and rules.fit == RESIZE:
        return fixed
    most = fixed or (rules.largest,) * 2
    scale = min(1.0, *(limit / side for limit, side in zip(most, shape, strict=False)))
    height, width = (max(round(scale * side), 1) for side in shape[:2])
    return height, width


def _allowed(side: int, rules: Size) -> int:
    # The next multiple; with `resize` the nearest one.
    multiple = rules.multiple
    rounding = multiple // 2 if rules.fit == RESIZE else multiple - 1
    count = max((side + rounding) // multiple, -(-rules.smallest // multiple), 1)
    return min(count, max(rules.largest // multiple, 1)) * multiple
