# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How probable it is that a disparity is right, told from the images and the disparity."""

from __future__ import annotations

import cv2
import numpy as np

from crestereo_ros.validity.flying_pixels import extremes, reach_of
from crestereo_ros.validity.left_right import disagreement, sampled_at_match

NOISE = 4.0  # grey levels squared; what varies less than that has no texture

# What a column of the evidence weighs, and at last a constant: `python -m benchmarks.confidence
# --fit` finds them on rendered scenes.
WEIGHTS = (3.26, -1.86, 0.46)
WEIGHTS_WITH_RIGHT = (2.30, -0.88, -1.59, 1.14)


def estimated_confidence(
    disparity: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    scale: float,
    disparity_right: np.ndarray | None = None,
) -> np.ndarray:
    """
    Return how probable it is that the disparity is less than a pixel of the network off.

    It is a logistic regression on `evidence`, which see for the parameters.

    :returns: float32 (H, W), 0 to 1
    """
    *weights, constant = WEIGHTS if disparity_right is None else WEIGHTS_WITH_RIGHT
    planes = evidence(disparity, left, right, scale, disparity_right)
    logit = np.full(disparity.shape, constant, np.float32)
    for weight, plane in zip(weights, planes, strict=True):
        logit += np.float32(weight) * plane
    return 1 / (1 + np.exp(-logit))


def evidence(
    disparity: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    scale: float,
    disparity_right: np.ndarray | None = None,
) -> list[np.ndarray]:
    """
    Return what speaks for and against a disparity.

    :param disparity: float32 (H, W), pixels
    :param left: uint8 (H, W, 3) BGR or (H, W) grey
    :param right: the same
    :param scale: how many pixels of the image one of the network covers
    :param disparity_right: float32 (H, W), as `right_disparity` returns it, or None
    :returns: float32 (H, W) each: the correlation of the left image with what the right one has
        at the matches, -1 to 1; the logarithm of the range of disparities around; and, with
        `disparity_right`, that of the disagreement
    """
    nearest, farthest = extremes(disparity, scale)
    matched = sampled_at_match(_grey(right), disparity)
    planes = [
        _correlation(_grey(left), matched, 2 * reach_of(scale) + 1),
        np.log1p((nearest - farthest) / np.float32(scale)),
    ]
    if disparity_right is not None:
        planes.append(np.log1p(disagreement(disparity, disparity_right) / np.float32(scale)))
    return planes


def _grey(image: np.ndarray) -> np.ndarray:
    if image.ndim == 3:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return image.astype(np.float32)


def _correlation(first: np.ndarray, second: np.ndarray, side: int) -> np.ndarray:
    # In a square window around each pixel, after its mean is taken off: zero without texture.
    def mean(image: np.ndarray) -> np.ndarray:
        return cv2.blur(image, (side, side))

    means = mean(first), mean(second)
    variances = (
        np.maximum(mean(image * image) - average * average, 0) + np.float32(NOISE)
        for image, average in zip((first, second), means, strict=True)
    )
    covariance = mean(first * second) - means[0] * means[1]
    return covariance / np.sqrt(np.multiply(*variances))
