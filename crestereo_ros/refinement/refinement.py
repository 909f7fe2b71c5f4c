# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A narrow search around the network's matches, at the size of the images."""

from __future__ import annotations

import cv2
import numpy as np

from crestereo_ros.grey import grey
from crestereo_ros.validity import Search
from crestereo_ros.validity.left_right import sampled_at_match
from crestereo_ros.validity.visibility import in_view, occluded

REACH = 8  # pixels of disparity to each side; twice as many take longer and do not find more
BLOCK = 5  # pixels
UNIQUENESS = 5  # percent by which the best match has to beat every other one
SMOOTHNESS = 8 * BLOCK**2, 32 * BLOCK**2  # SGBM's penalties for a small and a large step
STEPS = 16  # SGBM's result is in fractions of a pixel

TEXTURE_SIDE = 9  # pixels of the window in which texture is measured
MIN_TEXTURE = 2  # mean of Sobel's horizontal gradient in it; with less, all matches look the same
MEDIAN_SIDE = 5  # pixels of the window that removes single pixels from the correction

# If the network works at almost the size of the images, there is nothing to gain. In images of
# more than twice its width, a search at twice the width is as good, faster, and of longer range.
MIN_SCALE = 1.2
MAX_SCALE = 2


def gains(shape: tuple[int, ...], resolution: tuple[int, int]) -> bool:
    """
    Return whether refinement reduces the errors at these sizes, by measurements.

    :param shape: shape of the images
    :param resolution: (height, width) of the network
    """
    return shape[1] >= MIN_SCALE * resolution[1]


def refine(
    left: np.ndarray, right: np.ndarray, disparity: np.ndarray, network_width: int
) -> tuple[np.ndarray, Search]:
    """
    Search around a disparity for the match of every pixel.

    The right image is warped by the disparity. What remains is a small disparity, which OpenCV's
    semi-global matching finds. Where it finds nothing, the disparity stays.

    :param left: uint8 (H, W, 3) BGR or (H, W) grey
    :param right: the same
    :param disparity: float32 (H, W), pixels, not finite where unknown
    :param network_width: width at which the network found the disparity. Images wider than
        MAX_SCALE times that are searched at that size
    :returns: the refined disparity, float32 (H, W), pixels, not finite where unknown; and what the
        search found, with a correction of at most REACH pixels of the searched images
    """
    known = np.isfinite(disparity)
    start = disparity if known.all() else np.where(known, disparity, np.float32(0))
    scale = MAX_SCALE * network_width / left.shape[1]
    if scale < 1:
        search = _search_smaller(grey(left), grey(right), start, scale)
    else:
        search = _search(grey(left), grey(right), start)
    matched = search.matched & known
    return disparity + search.correction, Search(search.correction, matched)


def _search_smaller(
    left: np.ndarray, right: np.ndarray, disparity: np.ndarray, scale: float
) -> Search:
    height, width = left.shape
    size = round(scale * width), max(1, round(scale * height))
    left, right, start = (
        cv2.resize(x, size, interpolation=cv2.INTER_AREA) for x in (left, right, disparity)
    )
    across = size[0] / width
    found = _search(left, right, start * np.float32(across))
    correction = cv2.resize(found.correction, (width, height), interpolation=cv2.INTER_LINEAR)
    matched = cv2.resize(
        found.matched.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST
    )
    return Search(correction * np.float32(1 / across), matched.view(bool))


def _search(left: np.ndarray, right: np.ndarray, start: np.ndarray) -> Search:
    found = _semi_global(left, sampled_at_match(right, start))
    matched = found >= -REACH * STEPS
    matched &= _textured(left)
    matched &= ~occluded(start)
    found[~matched] = 0
    correction = np.multiply(
        cv2.medianBlur(found, MEDIAN_SIDE), np.float32(1 / STEPS), dtype=np.float32
    )
    matched &= in_view(start)
    return Search(correction, matched)


def _semi_global(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    # Return int16 (H, W), in STEPS of a pixel, below -REACH where nothing is found. SGBM finds
    # nothing in REACH columns at the left and right border, so these are added.
    matcher = cv2.StereoSGBM.create(
        minDisparity=-REACH,
        numDisparities=2 * REACH,
        blockSize=BLOCK,
        P1=SMOOTHNESS[0],
        P2=SMOOTHNESS[1],
        disp12MaxDiff=-1,
        uniquenessRatio=UNIQUENESS,
        mode=cv2.STEREO_SGBM_MODE_SGBM_3WAY,
    )
    padded = (
        cv2.copyMakeBorder(x, 0, 0, REACH, REACH, cv2.BORDER_REPLICATE) for x in (left, right)
    )
    return np.ascontiguousarray(matcher.compute(*padded)[:, REACH:-REACH])


def _textured(image: np.ndarray) -> np.ndarray:
    gradient = cv2.convertScaleAbs(cv2.Sobel(image, cv2.CV_16S, 1, 0))
    side = TEXTURE_SIDE, TEXTURE_SIDE
    total = cv2.boxFilter(gradient, cv2.CV_16S, side, normalize=False)
    textured: np.ndarray = total >= MIN_TEXTURE * TEXTURE_SIDE**2
    return textured
