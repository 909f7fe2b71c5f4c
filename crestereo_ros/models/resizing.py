# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Resizing with aligned corners, as the publication does it."""

from __future__ import annotations

import numpy as np


def half_size(image: np.ndarray) -> np.ndarray:
    """
    Halve an image: bilinear with aligned corners.

    So the publication makes the first of its two passes, and the network's own resizing of the
    result fits it.

    :param image: float32 (H, W) or (H, W, C)
    :returns: float32 (H // 2, W // 2) or (H // 2, W // 2, C)
    """
    return resize_aligned(image, (image.shape[0] // 2, image.shape[1] // 2))


def resize_aligned(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """
    Resize an image bilinearly so that its corner pixels stay the corner pixels.

    OpenCV has nothing for it: `remap` rounds positions to 1/32 of a pixel before version 5.

    :param image: float32 (H, W) or (H, W, C), both sides at least 2
    :param size: (height, width)
    :returns: float32 of that size
    """
    for axis, length in enumerate(size):
        last = image.shape[axis] - 1
        position = np.linspace(0, last, length)
        low = np.minimum(position.astype(np.intp), last - 1)
        share = (position - low).astype(np.float32)
        share = share.reshape([-1 if a == axis else 1 for a in range(image.ndim)])
        below, above = image.take(low, axis), image.take(low + 1, axis)
        above -= below
        above *= share
        image = below + above
    return image
