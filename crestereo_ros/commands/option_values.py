# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Values of options, for the `type` of argparse."""

from __future__ import annotations

import argparse
from collections.abc import Callable
import math
from typing import TypeVar

from crestereo_ros.preparation import ImageSize

Value = TypeVar('Value')
Number = TypeVar('Number', int, float)


def listed(convert: Callable[[str], Value]) -> Callable[[str], tuple[Value, ...]]:
    """Return a function that reads values with commas between them, each of them once."""

    def read(text: str) -> tuple[Value, ...]:
        parts = [part.strip() for part in text.split(',')]
        if not all(parts):
            raise argparse.ArgumentTypeError(f'{text!r} has an empty value')
        return tuple(dict.fromkeys(map(convert, parts)))

    read.__name__ = convert.__name__  # argparse shows it where a value is not a number
    return read


def in_range(
    convert: Callable[[str], Number], lowest: float, highest: float = math.inf
) -> Callable[[str], Number]:
    """
    Return a function that reads a number and checks it.

    :param convert: int or float
    """

    def read(text: str) -> Number:
        number = convert(text)
        if not lowest <= number <= highest:
            upwards = 'or more' if highest == math.inf else f'to {highest:g}'
            raise argparse.ArgumentTypeError(f'{text} is not {lowest:g} {upwards}')
        return number

    read.__name__ = convert.__name__
    return read


def image_size(text: str) -> tuple[int, int]:
    """Read HEIGHTxWIDTH."""
    size = ImageSize.of(text).fixed
    if size is None:
        raise argparse.ArgumentTypeError(f'{text} is not HEIGHTxWIDTH')
    return size
