# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Draws the errors of a disparity as colours with a legend."""

from __future__ import annotations

import cv2
import numpy as np

from crestereo_ros.pictures.side_by_side import BACKGROUND, FONT, TEXT

# The limits are the same in every picture, so pictures can be compared. The colours go from blue
# to red as in ColorBrewer's RdYlBu, which is suitable for people with impaired colour vision.
LIMITS = 0.5, 1, 2, 4, 8  # pixels
COLORS = np.array(
    [
        (180, 117, 69),
        (219, 191, 145),
        (248, 243, 224),
        (144, 224, 254),
        (89, 141, 252),
        (39, 48, 215),
    ],
    np.uint8,
)  # BGR; one more than LIMITS
MISSING = 128, 128, 128
NOT_COUNTED = 0, 0, 0
LONGEST_SHARE = '100.0%'  # so that all legends of one height have the same width


def error_map(errors: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """
    Draw errors in six colours, with a legend that has the share of each.

    :param errors: float (H, W), pixels, at least 0; not finite where there is no error
    :param missing: bool (H, W), where the truth is known but the disparity is not: drawn grey;
        other pixels without an error are black
    :returns: uint8, BGR, at least (H, W + width of the legend, 3), with the errors at the top left
    """
    known = np.isfinite(errors)
    bands = np.digitize(np.where(known, errors, 0), LIMITS, right=True)
    colors = COLORS[bands]
    colors[~known] = NOT_COUNTED
    colors[missing] = MISSING
    counted = max(1, int((known | missing).sum()))
    shares = [f'{(known & (bands == band)).sum() / counted:.1%}' for band in range(len(COLORS))]
    shares += [f'{missing.sum() / counted:.1%}', '']
    texts = [
        f'to {LIMITS[0]:g} px',
        *(f'{low:g} to {high:g} px' for low, high in zip(LIMITS[:-1], LIMITS[1:], strict=True)),
        f'over {LIMITS[-1]:g} px',
        'no disparity',
        'not counted',
    ]
    rows = zip([*COLORS.tolist(), MISSING, NOT_COUNTED], texts, shares, strict=True)
    legend = _legend(errors.shape[0], list(rows))
    below = len(legend) - len(colors)
    picture = cv2.copyMakeBorder(colors, 0, below, 0, 0, cv2.BORDER_CONSTANT, value=BACKGROUND)
    return np.hstack([picture, legend])


def _legend(height: int, rows: list[tuple[tuple[int, ...], str, str]]) -> np.ndarray:
    """Draw a square of each colour with its two texts, at least `height` high."""
    size = float(np.clip(height / 700, 0.4, 2))  # of the font; 1 is about 22 px high
    thickness = max(1, round(1.5 * size))
    line = round(30 * size)
    columns = [text for _, text, _ in rows], [LONGEST_SHARE]
    widths = [
        max(cv2.getTextSize(text, FONT, size, thickness)[0][0] for text in column)
        for column in columns
    ]
    lefts = 2 * line, 3 * line + widths[0]
    shape = max(height, (2 * len(rows) + 1) * line), lefts[1] + widths[1] + line, 3
    legend = np.full(shape, BACKGROUND, np.uint8)
    for index, (color, *texts) in enumerate(rows):
        top = (2 * index + 1) * line
        legend[top : top + line, line // 2 : line // 2 + line] = color
        for text, left in zip(texts, lefts, strict=True):
            at = left, round(top + line / 2 + 11 * size)
            cv2.putText(legend, text, at, FONT, size, TEXT, thickness, cv2.LINE_AA)
    return legend
