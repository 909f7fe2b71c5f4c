# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How similar two pictures are in colours and in structure."""

from __future__ import annotations

import cv2
import numpy as np

BINS = 180, 256  # of hue and saturation, one for each of OpenCV's values
RANGES = 0, 180, 0, 256
SSIM_WINDOW = 7  # pixels


def histogram_distance(picture: np.ndarray, other: np.ndarray) -> float:
    """
    Return the Bhattacharyya distance of the histograms of hue and saturation.

    Each histogram is scaled to 0..1 by its minimum and maximum (`cv2.NORM_MINMAX`), and
    `cv2.compareHist` compares them. It does not depend on where in the picture a colour is.

    :param picture: uint8 (H, W, 3), BGR
    :param other: the same, of any size
    :returns: 0 (same colours) to 1 (no colour in common)
    """
    histograms = []
    for image in picture, other:
        hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
        histogram = cv2.calcHist([hsv], [0, 1], None, BINS, RANGES)
        histograms.append(cv2.normalize(histogram, histogram, 0, 1, cv2.NORM_MINMAX))
    return cv2.compareHist(histograms[0], histograms[1], cv2.HISTCMP_BHATTACHARYYA)


def structural_similarity(picture: np.ndarray, other: np.ndarray) -> float:
    """
    Return the mean SSIM of the three channels with the defaults of scikit-image.

    :param picture: uint8 (H, W, 3), BGR
    :param other: the same
    :returns: 1 for equal pictures, less for others; NaN for pictures smaller than `SSIM_WINDOW`
    :raises ImportError: without scikit-image
    """
    from skimage.metrics import structural_similarity

    if min(picture.shape[:2]) < SSIM_WINDOW:
        return float('nan')
    return float(structural_similarity(picture, other, win_size=SSIM_WINDOW, channel_axis=2))
