# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A network's resolution as users write it."""

from __future__ import annotations

import re

from crestereo_ros.matching.errors import SettingsError

LARGEST_SIDE = 4096  # pixels; more is a typing error that would take all memory


def parse_resolution(text: str) -> tuple[int, int] | None:
    """
    Return the (height, width) that `HEIGHTxWIDTH` stands for, None for ''.

    Raises SettingsError for any other text, and for sides that are not 1 to LARGEST_SIDE.
    """
    if not text:
        return None
    match = re.fullmatch(r'([0-9]+)x([0-9]+)', text)
    if match is None:
        raise SettingsError(
            f'resolution "{text}" is not HEIGHTxWIDTH, for example 480x640, nor empty for the '
            "model's default"
        )
    height, width = map(int, match.groups())
    if not (0 < height <= LARGEST_SIDE and 0 < width <= LARGEST_SIDE):
        raise SettingsError(
            f'resolution "{text}" has a side that is not 1 to {LARGEST_SIDE} pixels'
        )
    return height, width
