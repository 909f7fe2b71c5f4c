# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Estimates the probability that a disparity is right from the images and the disparity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from crestereo_ros.grey import grey
from crestereo_ros.validity.flying_pixels import extremes, reach_of
from crestereo_ros.validity.left_right import disagreement, sampled_at_match

NOISE = 4.0  # grey levels squared; a smaller variance is not texture

# The weights of the columns of the evidence, followed by a constant. The keys say whether there is
# a confidence of the network, a right disparity, and a search. `python -m benchmarks.confidence
# --fit` finds the weights on rendered scenes.
WEIGHTS = {
    (False, False, False): (2.94, -1.84, 1.00),
    (False, False, True): (1.26, -1.22, -2.45, 2.07, 0.79),
    (False, True, False): (1.85, -0.93, -1.86, 1.97),
    (False, True, True): (1.11, -0.78, -1.69, -1.55, 1.21, 1.95),
    (True, False, True): (1.00, -2.15, 1.36, 0.11),
}
MAX_OWN = 0.999  # of the network's own confidence, whose logit would be infinite at 1


@dataclass(frozen=True, eq=False)
class Search:
    """
    What a search around a disparity found.

    `correction`: float32 (H, W), what was added to the disparity, in pixels.

    `matched`: bool (H, W), where one match was better than all others. There is no such match
    without texture, where the right camera does not see the point, and where several matches are
    equally good.
    """

    correction: np.ndarray
    matched: np.ndarray


def estimated_confidence(
    disparity: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    scale: float,
    disparity_right: np.ndarray | None = None,
    search: Search | None = None,
) -> np.ndarray:
    """
    Return the probability that the error of the disparity is below one pixel of the network.

    It is a logistic regression on `evidence`. See there for the parameters.

    :returns: float32 (H, W), 0 to 1
    """
    planes = evidence(disparity, left, right, scale, disparity_right, search)
    return _probability(planes, (False, disparity_right is not None, search is not None))


def searched_confidence(own: np.ndarray, search: Search, scale: float) -> np.ndarray:
    """
    Return the network's confidence after a search around its disparity.

    :param own: float32 (H, W), 0 to 1, the network's confidence
    :param search: the search around the network's disparity
    :param scale: how many pixels of the image one pixel of the network covers
    :returns: float32 (H, W), 0 to 1: the probability that the error of the corrected disparity is
        below one pixel of the network
    """
    return _probability(own_evidence(own, search, scale), (True, False, True))


def own_evidence(own: np.ndarray, search: Search, scale: float) -> list[np.ndarray]:
    """
    Return the evidence for a disparity of a network that predicts its confidence.

    :param own: as for `searched_confidence`, like the other parameters
    :returns: float32 (H, W) each: the logit of the network's confidence, and what the search adds,
        as in `evidence`
    """
    own = np.clip(own, np.float32(1 - MAX_OWN), np.float32(MAX_OWN))
    return [cv2.log(own / (1 - own)), *_evidence_of(search, scale)]


def evidence(
    disparity: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    scale: float,
    disparity_right: np.ndarray | None = None,
    search: Search | None = None,
) -> list[np.ndarray]:
    """
    Return the evidence for and against a disparity.

    :param disparity: float32 (H, W), pixels
    :param left: uint8 (H, W, 3) BGR or (H, W) grey
    :param right: the same
    :param scale: how many pixels of the image one pixel of the network covers
    :param disparity_right: float32 (H, W), as `right_disparity` returns it, or None
    :param search: the search that led from the network's disparity to this one, or None
    :returns: float32 (H, W) each: the correlation of the left image with the right one at the
        matches, -1 to 1; the logarithm of the range of disparities around a pixel; with
        `disparity_right`, that of the disagreement; with `search`, that of the correction, and
        whether there was a match
    """
    nearest, farthest = extremes(disparity, scale)
    matched = sampled_at_match(grey(right).astype(np.float32), disparity)
    planes = [
        _correlation(grey(left).astype(np.float32), matched, 2 * reach_of(scale) + 1),
        _log_of_network_pixels(nearest - farthest, scale),
    ]
    if disparity_right is not None:
        planes.append(_log_of_network_pixels(disagreement(disparity, disparity_right), scale))
    return planes if search is None else planes + _evidence_of(search, scale)


def _evidence_of(search: Search, scale: float) -> list[np.ndarray]:
    return [
        _log_of_network_pixels(np.abs(search.correction), scale),
        search.matched.astype(np.float32),
    ]


def _log_of_network_pixels(distance: np.ndarray, scale: float) -> np.ndarray:
    return cv2.log(1 + distance * np.float32(1 / scale))  # many times faster than NumPy's log1p


def _probability(planes: Sequence[np.ndarray], kind: tuple[bool, bool, bool]) -> np.ndarray:
    *weights, constant = WEIGHTS[kind]
    logit = np.full(planes[0].shape, constant, np.float32)
    for weight, plane in zip(weights, planes, strict=True):
        logit += np.float32(weight) * plane
    return 1 / (1 + np.exp(-logit))


def _correlation(first: np.ndarray, second: np.ndarray, side: int) -> np.ndarray:
    # The correlation in a square window around each pixel, without the mean: 0 without texture.
    def mean(image: np.ndarray) -> np.ndarray:
        return cv2.blur(image, (side, side))

    means = mean(first), mean(second)
    variances = (
        np.maximum(mean(image * image) - average * average, 0) + np.float32(NOISE)
        for image, average in zip((first, second), means, strict=True)
    )
    covariance = mean(first * second) - means[0] * means[1]
    return covariance / np.sqrt(np.multiply(*variances))
