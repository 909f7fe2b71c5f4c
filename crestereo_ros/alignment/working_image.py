# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The image size for alignment, and the picture inside black bars."""

import cv2
import numpy as np

from crestereo_ros.grey import grey

WIDTH = 640  # px; half a pixel at this width is the accuracy that the network needs
DARK = 24  # grey value; compressed black bars are not quite black
BAR = 0.01  # share of brighter pixels that a bar may have because of noise


def working_image(image: np.ndarray) -> np.ndarray:
    """Scale an image to a width of `WIDTH` and keep its aspect ratio."""
    height, width = image.shape[:2]
    if width == WIDTH:
        return image
    size = WIDTH, max(1, round(height * WIDTH / width))
    shrinking = width > WIDTH
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR)


def picture_mask(image: np.ndarray) -> np.ndarray:
    """
    Separate the picture from black bars at the borders (letterbox, pillarbox or both).

    :param image: uint8 (H, W, 3)
    :returns: uint8 (H, W), 255 in the rectangle of the picture, 0 in the bars
    """
    light = grey(image) > DARK
    mask = np.zeros(light.shape, np.uint8)
    rows = np.flatnonzero(light.mean(axis=1) > BAR)
    if rows.size:
        top, bottom = rows[0], rows[-1] + 1
        # Use only the rows of the picture: the bars above and below would hide bright columns.
        columns = np.flatnonzero(light[top:bottom].mean(axis=0) > BAR)
        if columns.size:
            mask[top:bottom, columns[0] : columns[-1] + 1] = 255
    return mask
