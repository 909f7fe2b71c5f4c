# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which pixels of a match are known, and how surely."""

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
    What makes a pixel unknown.

    `out_of_view`: it or its match lies outside what the camera saw, or behind infinity.
    `occlusion`: a nearer surface hides it from the right camera. `flying_pixels`: it hangs between
    two surfaces. `confidence_threshold`: its confidence is below, 0 to 1.
    """

    out_of_view: bool = True
    occlusion: bool = True
    flying_pixels: bool = True
    confidence_threshold: float = 0.0


@dataclass(frozen=True, eq=False)
class Validity:
    """
    Which pixels of a match are known, and how surely.

    `valid`: bool (H, W).

    `confidence`: float32 (H, W), the probability that the disparity is less than a pixel of the
    network off; 0 where a check failed. None where it was not asked for.
    """

    valid: np.ndarray
    confidence: np.ndarray | None


def known_pixels(
    match: Match,
    left: np.ndarray,
    right: np.ndarray,
    checks: Checks,
    principal_offset: float | None = None,
    disparity_right: np.ndarray | None = None,
    with_confidence: bool = True,
    seen: np.ndarray | None = None,
    seen_right: np.ndarray | None = None,
    search: Search | None = None,
) -> Validity:
    """
    Tell known pixels from unknown ones.

    The confidence is the network's own if it has one, after a search `searched_confidence`, else
    `estimated_confidence`.

    :param match: of the pair
    :param left: uint8 (H, W, 3) BGR or (H, W) grey
    :param right: the same
    :param principal_offset: the disparity of infinitely far points in pixels, None if unknown
    :param disparity_right: float32 (H, W), as `right_disparity` returns it, for the left-right
        check; None: without it
    :param with_confidence: whether the confidence is wanted even without a threshold
    :param seen: bool (H, W), where the left image shows what its camera saw: rectified images may
        have borders without that; None: everywhere
    :param seen_right: the same of the right image
    :param search: what led from the network's disparity to that of the match, None: nothing
    """
    scale = match.disparity.shape[1] / match.resolution[1]
    tolerance = np.float32(max(scale, 1.0))
    valid = np.isfinite(match.disparity)
    disparity = np.where(valid, match.disparity, np.float32(0))  # NaN would spread to neighbours
    if checks.out_of_view:
        valid &= in_view(disparity, seen_right)
        if seen is not None:
            valid &= seen
        if principal_offset is not None:
            valid &= disparity > np.float32(principal_offset) - tolerance
    if checks.occlusion:
        valid &= ~occluded(disparity)
    if checks.flying_pixels:
        valid &= ~flying_pixels(disparity, scale)
    if disparity_right is not None:
        valid &= disagreement(disparity, disparity_right) <= tolerance
    if not (with_confidence or checks.confidence_threshold):
        return Validity(valid, None)
    confidence = match.confidence
    if confidence is None:
        confidence = estimated_confidence(disparity, left, right, scale, disparity_right, search)
    elif search is not None:
        confidence = searched_confidence(confidence, search, scale)
    confidence = np.where(valid, confidence, np.float32(0))
    valid &= confidence >= np.float32(checks.confidence_threshold)
    return Validity(valid, confidence)
