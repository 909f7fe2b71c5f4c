# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A network's resolution as users write it: a size, or a word for one that follows the image."""

from __future__ import annotations

import math
import re

from crestereo_ros.errors import SettingsError
from crestereo_ros.matching.memory import memory_limit
from crestereo_ros.models.contracts import SMALLEST_SIDE

LARGEST_SIDE = 4096  # pixels; more is a typing error that would take all memory

# Beyond it the errors stay or grow, on pairs with truth and on photographs of 12 megapixels.
MOST_PIXELS = 900 * 1200
# With fewer the errors grow faster than the time falls; `fast` and `medium` reduce to no less.
FEWEST_PIXELS = 120 * 160
# A CPU takes minutes for that with a network of more weights than those made here have. So for
# larger files the words ask for less, in proportion, but for no less than `LARGE_NETWORK_PIXELS`.
USUAL_FILE = 4e6  # bytes
LARGE_NETWORK_PIXELS = 480 * 640
BYTES_PER_PIXEL = 1200  # of memory that the official network takes; those made here take a third

#: Words for a resolution that follows the size of the image.
FAST, MEDIUM, IMAGE, FINE = RESOLUTION_WORDS = ('fast', 'medium', 'image', 'fine')
SCALES = {FAST: 0.5, MEDIUM: 0.7, IMAGE: 1.0, FINE: 2.0}  # of the image's sides


def parse_resolution(text: str) -> tuple[int, int] | str | None:
    """
    Read a resolution.

    :param text: HEIGHTxWIDTH, one of `RESOLUTION_WORDS`, or ''
    :returns: (height, width), the word as it is, or None for ''
    :raises SettingsError: for any other text, and for sides that are not 1 to LARGEST_SIDE
    """
    if not text:
        return None
    if text in RESOLUTION_WORDS:
        return text
    match = re.fullmatch(r'([0-9]+)x([0-9]+)', text)
    if match is None:
        raise SettingsError(
            f'resolution "{text}" is not HEIGHTxWIDTH, for example 480x640, nor one of '
            f"{', '.join(RESOLUTION_WORDS)}, nor empty for the model's default"
        )
    height, width = map(int, match.groups())
    if not (0 < height <= LARGEST_SIDE and 0 < width <= LARGEST_SIDE):
        raise SettingsError(
            f'resolution "{text}" has a side that is not 1 to {LARGEST_SIDE} pixels'
        )
    return height, width


def most_pixels(file_size: int) -> float:
    """Return how many pixels a word asks for at most, where a CPU runs a file of so many bytes."""
    return max(MOST_PIXELS * min(1.0, USUAL_FILE / max(file_size, 1)), LARGE_NETWORK_PIXELS)


def resolution_for(
    word: str, height: int, width: int, most: float = MOST_PIXELS
) -> tuple[int, int]:
    """
    Return the resolution that a word stands for.

    It has the image's shape, unless a side would become smaller than SMALLEST_SIDE or larger than
    LARGEST_SIDE. Its sides are those of the image times SCALES. An image of more than MOST_PIXELS
    counts as one of so many. No word asks for more than `most`, or than half of `memory_limit`
    allows, and none reduces an image to less than FEWEST_PIXELS.

    :param word: one of `RESOLUTION_WORDS`
    :param height: of the image
    :param width: of the image
    :param most: pixels, see `most_pixels`
    :returns: (height, width)
    """
    pixels = height * width
    wanted = SCALES[word] ** 2 * min(pixels, MOST_PIXELS)
    wanted = max(wanted, min(pixels, FEWEST_PIXELS))
    most = min(most, memory_limit() / 2 / BYTES_PER_PIXEL)
    scale = math.sqrt(min(wanted, most) / pixels)
    return _side(scale * height), _side(scale * width)


def _side(length: float) -> int:
    return min(max(round(length), SMALLEST_SIDE), LARGEST_SIDE)
