# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Draws the left image beside its disparity, with a scale."""

import cv2
import numpy as np

from crestereo_ros.pictures.colors import colorize

BACKGROUND = (32, 32, 32)
TEXT = (255, 255, 255)
WIDEST_NUMBER = '-100'  # so that all pictures of a video have the same width
FONT = cv2.FONT_HERSHEY_SIMPLEX


def side_by_side(
    left: np.ndarray, disparity: np.ndarray, limits: tuple[float, float]
) -> np.ndarray:
    """
    Put the left image, its disparity in colours and a scale in pixels side by side.

    :param left: uint8 (H, W, 3), BGR
    :param disparity: float (H, W) in pixels; NaN and infinity are drawn black
    :param limits: (lowest, highest) disparity of the colours, as from `DisparityRange.update`
    :returns: uint8 (H, 2 W + width of the scale, 3), BGR
    :raises ValueError: if the sizes differ or the limits are not in order
    """
    if left.shape[:2] != disparity.shape:
        raise ValueError(f'left is {left.shape[:2]}, but its disparity {disparity.shape}')
    scale = _scale(left.shape[0], *limits)
    return np.hstack([left, colorize(disparity, *limits), scale])


def _scale(height: int, lowest: float, highest: float) -> np.ndarray:
    """Draw the colours from lowest (bottom) to highest (top), with round values beside them."""
    size = float(np.clip(height / 700, 0.4, 2))  # of the font; 1 is about 22 px high
    thickness = max(1, round(1.5 * size))
    line = round(30 * size)
    top, length = 2 * line, max(line, height - 3 * line)  # of the bar; the unit is above it
    # To be readable, ticks need about three lines of text between them.
    ticks = round_ticks(lowest, highest, int(np.clip(length / (3 * line), 2, 8)))
    texts = [(f'{tick:g}', (highest - tick) / (highest - lowest) * (length - 1)) for tick in ticks]
    texts.append(('px', -1.25 * line))
    words = [WIDEST_NUMBER, *(text for text, _ in texts)]
    text_width = max(cv2.getTextSize(text, FONT, size, thickness)[0][0] for text in words)
    margin = line // 2
    text_left = 2 * margin + line
    scale = np.full(
        (top + length + line, text_left + text_width + margin, 3), BACKGROUND, np.uint8
    )
    bar = np.linspace(highest, lowest, length, dtype=np.float32)
    bar = colorize(np.repeat(bar[:, None], line, axis=1), lowest, highest)
    scale[top : top + length, margin : margin + line] = bar
    for text, row in texts:
        middle = round(top + row)
        at = (text_left, round(middle + 11 * size))
        cv2.putText(scale, text, at, FONT, size, TEXT, thickness, cv2.LINE_AA)
        if text != 'px':
            ends = (margin + line, middle), (text_left - margin // 2, middle)
            cv2.line(scale, *ends, TEXT, thickness)
    return scale[:height]


def round_ticks(lowest: float, highest: float, most: int) -> list[float]:
    """Return at most `most` + 1 multiples of 1, 2 or 5 times a power of ten in the range."""
    power = 10.0 ** np.floor(np.log10((highest - lowest) / most))
    step = next(m * power for m in (1, 2, 5, 10) if m * power * most >= highest - lowest)
    first, last = int(np.ceil(lowest / step)), int(np.floor(highest / step))
    return [round(k * step, 6) for k in range(first, last + 1)]
