# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which pixels of the left image the right camera sees, from the disparity alone."""

from __future__ import annotations

import cv2
import numpy as np

# Distance in the left image of two pixels with the same match: less is a slanted surface.
APART = 3


def in_view(disparity: np.ndarray, seen_right: np.ndarray | None = None) -> np.ndarray:
    """
    Find the pixels whose match is inside the right image.

    :param disparity: float32 (H, W), pixels
    :param seen_right: bool (H, W), the pixels of the right image that count as inside; None for
        all
    :returns: bool (H, W); False where the disparity is not finite
    """
    width = disparity.shape[1]
    matches = np.arange(width, dtype=np.float32) - disparity
    inside: np.ndarray = (matches >= 0) & (matches <= width - 1)
    if seen_right is not None:
        # Outside, any column will do.
        columns = np.rint(np.where(inside, matches, 0)).astype(np.intp)
        inside &= np.take_along_axis(seen_right, columns, axis=1)
    return inside


def occluded(disparity: np.ndarray) -> np.ndarray:
    """
    Find the pixels whose match in the right image belongs to a nearer surface.

    Each pixel claims its match in the right image. Of several claims, the largest disparity wins,
    which is that of the rightmost pixel. A pixel is occluded if its match, or one of the match's
    two neighbours, went to a pixel more than APART to its right. The neighbours close the gaps of
    a surface that is wider in the right image.

    :param disparity: float32 (H, W), pixels
    :returns: bool (H, W); False where the match is outside the right image
    """
    height, width = disparity.shape
    columns = np.arange(width, dtype=np.int16)
    # fmax and fmin ignore NaN. Matches outside go to an extra column on either side.
    matches = columns - disparity
    np.fmax(matches, -1, out=matches)
    np.fmin(matches, width, out=matches)
    index = np.rint(matches, out=matches).astype(np.int32)
    index += np.arange(1, height * (width + 2), width + 2, dtype=np.int32).reshape(-1, 1)
    # Of the claims in a row, the rightmost has the largest disparity. NumPy assigns in order, so
    # the rightmost stays.
    claims = np.zeros((height, width + 2), np.int16)
    claims.ravel()[index] = columns
    claims[:, [0, -1]] = 0
    nearest = cv2.dilate(claims, np.ones((1, 3), np.uint8))
    nearest[:, [0, -1]] = 0
    hidden: np.ndarray = nearest.ravel().take(index) - columns > APART
    return hidden
