# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A network's resolution as users write it: a size, or a word for one that follows the image."""

from __future__ import annotations

import math
import re

from crestereo_ros.matching.errors import SettingsError

LARGEST_SIDE = 4096  # pixels; more is a typing error that would take all memory

FAST_PIXELS = 240 * 320
FINE_SCALE = 2.5
FINE_PIXELS = 1440 * 1920  # beyond that memory and patience end

#: Words for a resolution that follows the size of the image.
FAST, IMAGE, FINE = RESOLUTION_WORDS = ('fast', 'image', 'fine')


def parse_resolution(text: str) -> tuple[int, int] | str | None:
    """
    Return what `text` says: (height, width) for HEIGHTxWIDTH, a word as it is, None for ''.

    Raises SettingsError for any other text, and for sides that are not 1 to LARGEST_SIDE.
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


def resolution_for(word: str, height: int, width: int) -> tuple[int, int]:
    """
    Return the (height, width) that a word stands for, with an image of `height` and `width`.

    Of the image's shape all: `image` has its size, `fast` about FAST_PIXELS pixels but never
    more than the image, `fine` FINE_SCALE times the sides of an image that has less than
    FINE_PIXELS pixels then.
    """
    pixels = height * width
    if word == FAST:
        scale = min(1.0, math.sqrt(FAST_PIXELS / pixels))
    elif word == FINE:
        scale = max(1.0, min(FINE_SCALE, math.sqrt(FINE_PIXELS / pixels)))
    else:
        scale = 1.0
    return round(scale * height), round(scale * width)
