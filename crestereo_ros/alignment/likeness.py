# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measures how much of one view the other one shows, at a small size and without a network."""

from __future__ import annotations

import cv2
import numpy as np

from crestereo_ros.grey import grey

WIDTH = 80  # of the pictures; a third of it is searched
WINDOW = 11
ALIKE = 0.8  # correlation
# Shares of the pixels that have a partner. Hand-held pairs with misaligned rows have 0.34 or more;
# only one pair of unrelated pictures in fifty has more than 0.31.
UNLIKE = 0.3  # views with less do not match
DOUBTFUL = 0.45  # views with less may not match


def small_picture(view: np.ndarray) -> np.ndarray:
    """Return a view, uint8 (H, W) or (H, W, 3), as a float32 grey picture of `WIDTH`."""
    view = grey(view)
    height, width = view.shape
    size = WIDTH, max(WINDOW, round(height * WIDTH / width))
    return cv2.resize(view, size, interpolation=cv2.INTER_AREA).astype(np.float32)


def moved(picture: np.ndarray, share: float) -> np.ndarray:
    """Move a small picture to the right by a share of its width, and repeat its border."""
    columns = np.arange(WIDTH) - round(share * WIDTH)
    return picture[:, columns.clip(0, WIDTH - 1)]


def shares_alike(left: np.ndarray, right: np.ndarray) -> tuple[float, float, float]:
    """
    Return the shares of the left picture with texture, and with a partner on either side.

    A partner is a similar place in the same row of the right picture. It is in the same column or
    to the left of it if the cameras are in order (second value), else to the right (third value).
    """

    def mean(picture: np.ndarray) -> np.ndarray:
        return cv2.blur(picture, (WINDOW, WINDOW))

    means = mean(left), mean(right)
    noise = np.float32(2)
    variances = [
        np.maximum(mean(picture * picture) - average * average, 0) + noise
        for picture, average in zip((left, right), means, strict=True)
    ]
    textured = variances[0] > np.float32(9) + noise
    best = np.full((2, *left.shape), -1, np.float32)
    width = left.shape[1]
    for shift in range(-(width // 3), width // 3 + 1):
        own, others = (
            slice(max(shift, 0), width + min(shift, 0)),
            slice(max(-shift, 0), width + min(-shift, 0)),
        )
        product = mean(np.ascontiguousarray(left[:, own] * right[:, others]))
        covariance = product - means[0][:, own] * means[1][:, others]
        similarity = covariance / np.sqrt(variances[0][:, own] * variances[1][:, others])
        target = best[int(shift < 0)][:, own]
        np.maximum(target, similarity, out=target)
    if not textured.any():
        return 0.0, 0.0, 0.0
    right_order, wrong_order = (np.mean(plane[textured] > ALIKE) for plane in best)
    return float(textured.mean()), float(right_order), float(wrong_order)
