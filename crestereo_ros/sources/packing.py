# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How two views share one image."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Packing:
    """
    Both views in one image, the left one first along `axis`, or the right one if `right_first`.

    `axis` is 1 side by side and 0 over-under; a `half` packing has squeezed each view along it
    to half its size, so that the whole has the aspect of one view.
    """

    axis: int
    half: bool = False
    right_first: bool = False

    def view_size(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return height and width of the views in an image of a shape (H, W, ...)."""
        height, width = shape[:2]
        if self.half:
            return height, width
        return (height, width // 2) if self.axis else (height // 2, width)

    def split(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """
        Return left and right: new contiguous arrays of equal size.

        Of an odd size the middle row or column is left out. Nothing else is cut: black bars
        around the views stay. Views of a half packing are stretched back, so their disparities
        are in pixels of the full size.
        """
        size = image.shape[self.axis] // 2
        if self.axis:
            left, right = image[:, :size], image[:, -size:]
        else:
            left, right = image[:size], image[-size:]
        if self.right_first:
            left, right = right, left
        if not self.half:
            return np.ascontiguousarray(left), np.ascontiguousarray(right)
        height, width = left.shape[:2]
        full = (2 * width, height) if self.axis else (width, 2 * height)
        return cv2.resize(left, full), cv2.resize(right, full)


#: By the names that users give.
PACKINGS = {
    'side_by_side': Packing(axis=1),
    'side_by_side_half': Packing(axis=1, half=True),
    'over_under': Packing(axis=0),
    'over_under_half': Packing(axis=0, half=True),
}


def likely_packing(shape: tuple[int, ...]) -> Packing:
    """
    Return how an image of a shape, (H, W, ...), is most likely packed.

    Two landscape views over-under are taller than wide; anything else is taken as side by side.
    A half packing has the shape of one view, so the shape does not show it: it has to be named,
    or follow from the shape of the pixels.
    """
    return PACKINGS['over_under' if shape[0] > shape[1] else 'side_by_side']
