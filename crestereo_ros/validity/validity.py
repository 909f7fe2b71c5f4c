# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which pixels of a match are known, and with what confidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crestereo_ros.matching import Match
from crestereo_ros.validity.confidence import estimated_confidence, Search, searched_confidence
from crestereo_ros.validity.flying_pixels import flying_pixels
from crestereo_ros.validity.left_right import disagreement
from crestereo_ros.validity.visibility import in_view, occluded


@dataclass(frozen=True)
class Checks:
    """
    The checks that make a pixel unknown.

    `out_of_view`: the pixel or its match is outside what the camera saw, or beyond infinity.
    `occlusion`: a nearer surface hides it from the right camera. `flying_pixels`: it is between
    two surfaces. `textureless`: one of the images has no texture within reach.
    `confidence_threshold`: its confidence is below this value, 0 to 1.
    """

    out_of_view: bool = True
    occlusion: bool = True
    flying_pixels: bool = True
    textureless: bool = True
    confidence_threshold: float = 0.0


def pixels_that_pass(
    match: Match,
    checks: Checks,
    principal_offset: float | None = None,
    disparity_right: np.ndarray | None = None,
    seen: np.ndarray | None = None,
    seen_right: np.ndarray | None = None,
) -> np.ndarray:
    """
    Return which pixels pass all checks except the confidence threshold.

    :param match: the match of the pair
    :param principal_offset: the disparity of infinitely far points in pixels, None if unknown
    :param disparity_right: float32 (H, W), as `right_disparity` returns it, for the left-right
        check; None to skip it
    :param seen: bool (H, W), where the left image shows what its camera saw: rectified images may
        have empty borders; None for everywhere
    :param seen_right: the same for the right image
    :returns: bool (H, W)
    """
    scale = pixels_per_network_pixel(match)
    tolerance = np.float32(max(scale, 1.0))
    passing = np.isfinite(match.disparity)
    disparity = np.where(passing, match.disparity, np.float32(0))  # NaN would spread to neighbours
    if checks.out_of_view:
        passing &= in_view(disparity, seen_right)
        if seen is not None:
            passing &= seen
        if principal_offset is not None:
            passing &= disparity > np.float32(principal_offset) - tolerance
    if checks.occlusion:
        passing &= ~occluded(disparity)
    if checks.flying_pixels:
        passing &= ~flying_pixels(disparity, scale)
    if disparity_right is not None:
        passing &= disagreement(disparity, disparity_right) <= tolerance
    return passing


def confidence_of(
    match: Match,
    left: np.ndarray,
    right: np.ndarray,
    passing: np.ndarray,
    disparity_right: np.ndarray | None = None,
    search: Search | None = None,
) -> np.ndarray:
    """
    Return the confidence in the disparity of each pixel.

    It is the network's own confidence if there is one, or `searched_confidence` after a search.
    Otherwise it is `estimated_confidence`.

    :param match: the match of the pair
    :param left: uint8 (H, W, 3) BGR or (H, W) grey
    :param right: the same
    :param passing: bool (H, W), as `pixels_that_pass` returns it
    :param disparity_right: float32 (H, W), as `right_disparity` returns it, or None
    :param search: the search that led from the network's disparity to that of the match, or None
    :returns: float32 (H, W), the probability that the error of the disparity is below one pixel of
        the network; 0 where a check failed
    """
    confidence, scale = match.confidence, pixels_per_network_pixel(match)
    if confidence is None:
        disparity = np.where(np.isfinite(match.disparity), match.disparity, np.float32(0))
        confidence = estimated_confidence(disparity, left, right, scale, disparity_right, search)
    elif search is not None:
        confidence = searched_confidence(confidence, search, scale)
    return np.where(passing, confidence, np.float32(0))


def pixels_per_network_pixel(match: Match) -> float:
    """Return how many pixels of an image row one pixel of the network covers."""
    return match.disparity.shape[1] / match.resolution[1]
