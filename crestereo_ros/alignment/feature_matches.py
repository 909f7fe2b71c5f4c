# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Finds points of the left image in the right image."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from crestereo_ros.alignment.working_image import picture_mask

FEATURES = 1000
CONTRAST = 0.01  # a quarter of SIFT's default threshold, so that plain walls give matches too
SCALE = 0.5  # of the working image; features at this scale are as good and take half the time
RATIO = 0.8  # of the distances to the best and the second-best descriptor (Lowe)
BORDER = 15  # px along a black bar where a descriptor would describe the bar
EPIPOLAR_ERROR = 1.5  # px; a point farther from its epipolar line is a wrong match
MIN_POINTS = 8  # matches that the eight-point algorithm needs
NEIGHBOURS = 8
SIMILAR = 8.0  # px of disparity by which neighbours on one surface may differ
CELLS = 4  # rows and columns of the grid that measures how widely matches are spread


@dataclass(frozen=True)
class FeatureMatches:
    """
    Matching points in both images of one frame.

    `left`, `right`: float64 (N, 2), x and y in working pixels from the image centre.
    `coverage`: share of the cells of a 4x4 grid over the left picture that have a match.
    """

    left: np.ndarray
    right: np.ndarray
    coverage: float

    def __len__(self) -> int:
        return len(self.left)

    def exchanged(self) -> 'FeatureMatches':
        """Return the same matches with the views exchanged."""
        return FeatureMatches(self.right, self.left, self.coverage)

    def where(self, chosen: np.ndarray) -> 'FeatureMatches':
        """Return the matches selected by a bool (N,)."""
        return FeatureMatches(self.left[chosen], self.right[chosen], self.coverage)

    @classmethod
    def joined(cls, frames: Iterable['FeatureMatches']) -> 'FeatureMatches':
        """Return the joined matches of one or more frames."""
        frames = list(frames)
        return cls(
            np.concatenate([frame.left for frame in frames]),
            np.concatenate([frame.right for frame in frames]),
            max(frame.coverage for frame in frames),
        )


def match_features(left: np.ndarray, right: np.ndarray) -> FeatureMatches:
    """
    Match SIFT features of two working images and keep those that fit one epipolar geometry.

    With few features, SIFT gives better rows than ORB in the same time (docs/alignment.md has the
    figures). AKAZE is not in OpenCV's main modules since version 5.

    :param left: uint8 (H, W, 3), BGR, `WIDTH` wide
    :param right: the same size
    """
    mask = picture_mask(left)
    features = _features(left, mask), _features(right, picture_mask(right))
    pairs = _mutual_matches(features[0][1], features[1][1])
    points = [features[side][0][pairs[:, side]] for side in (0, 1)]
    good = np.zeros(len(pairs), bool)
    if len(pairs) >= MIN_POINTS:
        _, inliers = cv2.findFundamentalMat(
            points[0], points[1], cv2.USAC_MAGSAC, EPIPOLAR_ERROR, 0.999, 10000
        )
        if inliers is not None:
            good = inliers.ravel() > 0
    points = [side[good] for side in points]
    consistent = _consistent_with_neighbours(*points)
    points = [side[consistent] for side in points]
    middle = (np.array(left.shape[1::-1]) - 1) / 2
    return FeatureMatches(points[0] - middle, points[1] - middle, _coverage(points[0], mask))


def _features(image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Return points (N, 2) in pixels and their descriptors (N, 128), None without points."""
    mask = cv2.erode(mask, np.ones((2 * BORDER + 1,) * 2, np.uint8), borderValue=255)
    image, mask = (
        cv2.resize(x, None, fx=SCALE, fy=SCALE, interpolation=interpolation)
        for x, interpolation in ((image, cv2.INTER_AREA), (mask, cv2.INTER_NEAREST))
    )
    # The stubs lack the name that OpenCV 4.5 and 5 have in common.
    sift = cv2.SIFT_create(  # type: ignore[attr-defined]
        FEATURES, contrastThreshold=CONTRAST
    )
    keypoints, descriptors = sift.detectAndCompute(image, mask)
    points = np.array([k.pt for k in keypoints], np.float64).reshape(-1, 2)
    return (points + 0.5) / SCALE - 0.5, descriptors


def _mutual_matches(left: np.ndarray | None, right: np.ndarray | None) -> np.ndarray:
    """Return int (N, 2): indices of descriptors that are clearly each other's nearest."""
    if left is None or right is None or len(left) < 2 or len(right) < 2:
        return np.empty((0, 2), int)
    matcher = cv2.BFMatcher(cv2.NORM_L2)
    back = {match.queryIdx: match.trainIdx for match in matcher.match(right, left)}
    pairs = [
        (best.queryIdx, best.trainIdx)
        for best, second in matcher.knnMatch(left, right, 2)
        if best.distance < RATIO * second.distance and back[best.trainIdx] == best.queryIdx
    ]
    return np.array(pairs, int).reshape(-1, 2)


def _consistent_with_neighbours(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """
    Return which matches have a similar disparity as those around them, bool (N,).

    Repeated patterns give matches that are wrong along their row. The epipolar geometry cannot
    reveal them, but they differ from their neighbours.
    """
    if len(left) <= NEIGHBOURS:
        return np.ones(len(left), bool)
    disparities = left[:, 0] - right[:, 0]
    distances = np.hypot(*(left[:, None] - left[None]).transpose(2, 0, 1))
    nearest = np.argpartition(distances, NEIGHBOURS, axis=1)[:, : NEIGHBOURS + 1]
    middle = np.median(disparities[nearest], axis=1)
    spread = np.median(np.abs(disparities[nearest] - middle[:, None]), axis=1)
    return np.abs(disparities - middle) <= np.maximum(SIMILAR, 4.5 * spread)


def _coverage(points: np.ndarray, mask: np.ndarray) -> float:
    left, top, width, height = cv2.boundingRect(mask)
    if not width or not len(points):
        return 0.0
    cells = ((points - (left, top)) * CELLS / (width, height)).astype(int)
    return len(np.unique(cells, axis=0)) / CELLS**2
