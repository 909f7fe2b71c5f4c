# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Numbers to colours."""

import cv2
import numpy as np


def colorize(disparity: np.ndarray, minimum: float, maximum: float) -> np.ndarray:
    """
    Colour a disparity map, from dark blue (far) over green to dark red (near).

    The map is OpenCV's TURBO: many colours, so that small steps in depth show, and unlike JET
    without the bright bands that look like edges where there are none.

    :param disparity: float (H, W), in any unit; NaN and infinity are invalid and become black
    :param minimum: the value of the first colour; what lies below gets that colour too
    :param maximum: the value of the last colour; what lies above gets that colour too
    :returns: uint8 (H, W, 3), BGR
    :raises ValueError: when `minimum` is not below `maximum`
    """
    if not minimum < maximum:
        raise ValueError(f'minimum ({minimum}) must be below maximum ({maximum})')
    valid = np.isfinite(disparity)
    # Invalid values take any valid one on their way: casting NaN to an integer is undefined.
    position = (np.where(valid, disparity, minimum) - minimum) / (maximum - minimum)
    index = (position.clip(0, 1) * 255).astype(np.uint8)
    colors = cv2.applyColorMap(index, cv2.COLORMAP_TURBO)
    colors[~valid] = 0
    return colors
