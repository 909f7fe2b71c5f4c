# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Images of more than 8 bits as images of 8 bits.

Many cameras fill only some of 16 bits: 10 or 12 of them, or a narrow band of numbers as thermal
cameras do. To keep what they show, the numbers that the first images use become black to white.
"""

from __future__ import annotations

import logging
import re

import numpy as np

AUTO = 'auto'
DARKEST, BRIGHTEST = 0.1, 99.9  # percentiles; single pixels may be broken
SAMPLES = 20_000  # pixels of an image that are looked at
NARROW = 0.25  # share of the numbers of the bits in use; a narrower band is taken by itself
MARGIN = 0.25  # of a narrow band, added on both sides
OUTSIDE = 1.0  # percent of the pixels that may lie outside of the range

logger = logging.getLogger(__name__)


class Intensities:
    """
    The range of numbers that becomes black to white: of one pair of cameras, for all frames.

    It follows from the first images, or is given. It becomes wider if later images do not fit,
    and is logged each time.
    """

    def __init__(self, text: str = AUTO) -> None:
        """
        Take the user's choice.

        :param text: `auto`, or the lowest and the highest number as in `0,1023`
        :raises ValueError: for another text; the message says what is allowed
        """
        self._fixed = text != AUTO
        self._range = parse_range(text)
        self._table: np.ndarray | None = None

    @property
    def range(self) -> tuple[float, float] | None:
        """The numbers that become black and white, None before the first image of many bits."""
        return self._range

    @property
    def may_change(self) -> bool:
        """Whether a later image may widen the range."""
        return self._range is not None and not self._fixed

    def to_8_bits(self, *images: np.ndarray) -> list[np.ndarray]:
        """
        Return the images of one frame with 8 bits.

        :param images: of any type of number; those of uint8 are returned as they are
        """
        deep = [image for image in images if image.dtype != np.uint8]
        if deep and not self._fixed:
            self._follow(deep)
        return [image if image.dtype == np.uint8 else self._scaled(image) for image in images]

    def _follow(self, images: list[np.ndarray]) -> None:
        values = np.concatenate([_samples(image) for image in images])
        if not values.size:
            return
        if self._range is not None:
            low, high = self._range
            if 100 * np.mean((values < low) | (values > high)) <= OUTSIDE:
                return
        low, high = _used(values, whole=images[0].dtype.kind in 'ui')
        if self._range is not None:
            low, high = min(low, self._range[0]), max(high, self._range[1])
        self._range, self._table = (low, high), None
        if (low, high) != (0.0, 65535.0):
            logger.warning(
                f'images of {8 * images[0].itemsize} bits use the numbers {low:g} to {high:g}: '
                'these become black to white (intensity_range sets others)'
            )

    def _scaled(self, image: np.ndarray) -> np.ndarray:
        if image.dtype != np.uint16:
            return self._to_grey(np.nan_to_num(image.astype(np.float32)))
        if self._table is None:
            self._table = self._to_grey(np.arange(1 << 16, dtype=np.float32))
        return self._table[image]

    def _to_grey(self, values: np.ndarray) -> np.ndarray:
        low, high = self._range or (0.0, 1.0)
        # Of whole numbers, all 16 bits become their upper 8, and so with fewer bits.
        numbers = high - low + (1 if low.is_integer() and high.is_integer() else 0)
        return np.clip((values - low) * (256 / numbers), 0, 255).astype(np.uint8)


def parse_range(text: str) -> tuple[float, float] | None:
    """
    Return the range that a text gives, None for `auto`.

    :raises ValueError: for another text; the message says what is allowed
    """
    if text == AUTO:
        return None
    numbers = re.fullmatch(r'\s*(\d+)\s*,\s*(\d+)\s*', text)
    if numbers and int(numbers[1]) < int(numbers[2]):
        return float(numbers[1]), float(numbers[2])
    raise ValueError(
        f'"{text}" is neither auto nor LOWEST,HIGHEST, such as 0,1023 for images of 10 bits'
    )


def _samples(image: np.ndarray) -> np.ndarray:
    step = max(1, int((image.size / SAMPLES) ** 0.5))
    values = image[::step, ::step].ravel()
    return values[np.isfinite(values)].astype(float)


def _used(values: np.ndarray, whole: bool) -> tuple[float, float]:
    """Return the range that values use: all of their bits, or a band if they lie close."""
    low, high = (float(x) for x in np.percentile(values, (DARKEST, BRIGHTEST)))
    if whole:
        numbers = 1 << max(8, int(values.max()).bit_length())
        if low >= 0 and (high == low or high - low >= NARROW * numbers):
            return 0.0, numbers - 1.0
    margin = MARGIN * (high - low) or 1.0
    low, high = low - margin, high + margin
    return (float(int(low)), float(int(high) + 1)) if whole else (low, high)
