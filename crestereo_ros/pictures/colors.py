# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Turns numbers into colours."""

from __future__ import annotations

import cv2
import numpy as np

# The OpenCV colour maps without black, which is for unknown pixels.
COLOR_MAPS = {
    'turbo': cv2.COLORMAP_TURBO,
    'jet': cv2.COLORMAP_JET,
    'viridis': cv2.COLORMAP_VIRIDIS,
    'cividis': cv2.COLORMAP_CIVIDIS,
    'plasma': cv2.COLORMAP_PLASMA,
    'inferno': cv2.COLORMAP_INFERNO,
    'magma': cv2.COLORMAP_MAGMA,
}


def colorize(
    disparity: np.ndarray, minimum: float, maximum: float, color_map: str = 'turbo'
) -> np.ndarray:
    """
    Colour a disparity map, from dark blue (far) over green to dark red (near).

    Those are the colours of turbo. It has many of them, so small steps in depth are visible, and
    unlike jet it has no bright bands that look like edges.

    :param disparity: float (H, W), in any unit; NaN and infinity are invalid and become black
    :param minimum: the value of the first colour, which lower values get too
    :param maximum: the value of the last colour, which higher values get too
    :param color_map: one of `COLOR_MAPS`
    :returns: uint8 (H, W, 3), BGR
    :raises ValueError: if `minimum` is not below `maximum`
    """
    if not minimum < maximum:
        raise ValueError(f'minimum ({minimum}) must be below maximum ({maximum})')
    valid = np.isfinite(disparity)
    # Replace invalid values meanwhile: casting NaN to an integer is undefined.
    position = (np.where(valid, disparity, minimum) - minimum) / (maximum - minimum)
    index = (position.clip(0, 1) * 255).astype(np.uint8)
    colors = cv2.applyColorMap(index, COLOR_MAPS[color_map])
    return cv2.copyTo(colors, valid.view(np.uint8))  # black elsewhere
