# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The rival: OpenCV's semi-global matching with its holes filled."""

import cv2
import numpy as np


def fill_from_background(disparity):
    """Fill each NaN with the smaller of its row's next known neighbours to the left and right."""
    filled = disparity.copy()
    columns = np.arange(disparity.shape[1])
    for row in filled:
        known = np.flatnonzero(~np.isnan(row))
        if known.size:
            after = np.searchsorted(known, columns)
            right = row[known[np.minimum(after, known.size - 1)]]
            left = row[known[np.maximum(after - 1, 0)]]
            row[:] = np.where(np.isnan(row), np.minimum(left, right), row)
    return np.nan_to_num(filled)


def match(left, right, largest):
    """
    Return the disparity, (H, W) float32 in pixels, of uint8 BGR images.

    `largest`: the largest disparity searched for; the images are padded on the left so that
    the columns nearest to the edge are searched, too. Settings are those of OpenCV's stereo
    sample.
    """
    reach = int(np.ceil(largest / 16)) * 16
    block = 5
    matcher = cv2.StereoSGBM_create(
        minDisparity=0,
        numDisparities=reach,
        blockSize=block,
        P1=8 * 3 * block**2,
        P2=32 * 3 * block**2,
        disp12MaxDiff=1,
        uniquenessRatio=10,
        speckleWindowSize=100,
        speckleRange=2,
        mode=cv2.STEREO_SGBM_MODE_HH,
    )
    padded = [cv2.copyMakeBorder(x, 0, 0, reach, 0, cv2.BORDER_REPLICATE) for x in (left, right)]
    disparity = matcher.compute(*padded)[:, reach:].astype(np.float32) / 16
    return fill_from_background(np.where(disparity < 0, np.nan, disparity))
