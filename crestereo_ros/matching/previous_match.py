# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a match may begin with the disparity of the frame before."""

from __future__ import annotations

from collections import deque
from statistics import median

import cv2
import numpy as np

LONGEST_GAP = 1.0  # seconds
LATE = 1.6  # times the usual gap: frames were lost
GAPS = 9
THUMBNAIL = 32, 24  # width, height
# Of two thumbnails' grey values; those of different scenes have hardly any.
SMALLEST_CORRELATION = 0.6
FLAT = 1.0  # standard deviation of grey values that are noise


class PreviousMatch:
    """The latest disparity of a stream, for as long as the next frame continues it."""

    def __init__(self) -> None:
        self._gaps: deque[float] = deque(maxlen=GAPS)  # seconds
        self.forget()

    def forget(self) -> None:
        """Let the next frame begin anew."""
        self._disparity: np.ndarray | None = None
        self._thumbnail: np.ndarray | None = None
        self._stamp = 0

    def start(self, left: np.ndarray, stamp: int) -> np.ndarray | None:
        """
        Return the disparity that the match of a frame may begin with, None for none.

        :param left: uint8 (H, W, 3) BGR or (H, W) grey, the left image
        :param stamp: of the image, in nanoseconds
        :returns: float32 (H, W), pixels
        """
        before, self._thumbnail = self._thumbnail, _thumbnail(left)
        gap, self._stamp = (stamp - self._stamp) * 1e-9, stamp
        disparity, self._disparity = self._disparity, None
        if disparity is None or before is None:
            return None
        usual = median(self._gaps) if self._gaps else LONGEST_GAP
        if not 0 < gap <= LONGEST_GAP:
            self._gaps.clear()
            return None
        self._gaps.append(gap)
        if gap > LATE * usual or disparity.shape != left.shape[:2]:
            return None
        return disparity if _correlation(before, self._thumbnail) > SMALLEST_CORRELATION else None

    def keep(self, disparity: np.ndarray) -> None:
        """Keep the disparity of the frame that `start` was called with last."""
        self._disparity = disparity


def _thumbnail(image: np.ndarray) -> np.ndarray:
    small = cv2.resize(image, THUMBNAIL, interpolation=cv2.INTER_AREA)
    grey = small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    return grey.astype(np.float32)


def _correlation(before: np.ndarray, after: np.ndarray) -> float:
    spreads = float(before.std()), float(after.std())
    if max(spreads) < FLAT:
        return 1.0  # both show nothing
    if min(spreads) < FLAT:
        return 0.0
    products = (before - before.mean()) * (after - after.mean())
    return float(products.mean()) / (spreads[0] * spreads[1])
