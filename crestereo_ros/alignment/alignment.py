# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The alignment of a stereo pair, which can be applied to its frames."""

from dataclasses import dataclass
import math

import cv2
import numpy as np

from crestereo_ros.alignment.rectification import Rectification, UNTOUCHED
from crestereo_ros.alignment.working_image import WIDTH


@dataclass(frozen=True, eq=False)
class Alignment:
    """
    The changes that make the images of a pair usable for stereo matching.

    `swapped`: whether left and right are exchanged first. `rectification`: how the views are
    rotated. `horizontal_shift`: how far the right view is then moved left, which adds to every
    disparity; in pixels at a width of 640, like all lengths here.
    `order`: text on which view is the left one.
    `matches`: the number of feature matches behind this estimate. `error_before`, `error_after`:
    the median vertical distance of matching points before and after, in pixels; NaN without
    matches.
    `reason`: why the rows were not changed, if they were not.
    """

    swapped: bool = False
    rectification: Rectification = UNTOUCHED
    horizontal_shift: float = 0.0
    order: str = ''
    matches: int = 0
    error_before: float = math.nan
    error_after: float = math.nan
    reason: str = ''

    @property
    def identity(self) -> bool:
        """Whether `apply` returns the given images unchanged."""
        return not self.swapped and not self.warps

    @property
    def warps(self) -> bool:
        """Whether images are resampled, not only exchanged."""
        return self.rectification is not UNTOUCHED or bool(self.horizontal_shift)

    def apply(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """
        Align the images of one frame.

        :param left: (H, W) or (H, W, 3) of any size; lengths scale with the width
        :param right: the same size
        :returns: left and right in the same size and type, black where the camera saw nothing;
            an image that needs no change is returned without a copy
        :raises ValueError: if the sizes differ
        """
        if left.shape != right.shape:
            sizes = ('x'.join(map(str, image.shape)) for image in (left, right))
            raise ValueError('left is {}, but right is {}'.format(*sizes))
        if self.swapped:
            left, right = right, left
        if self.rectification is UNTOUCHED:
            # Whole pixels need no interpolation.
            shift = round(self.horizontal_shift * left.shape[1] / WIDTH)
            return left, _moved_left(right, shift) if shift else right
        move = np.array([[1, 0, -self.horizontal_shift], [0, 1, 0], [0, 0, 1]])
        return (
            warped(left, self.rectification.left),
            warped(right, move @ self.rectification.right),
        )

    @property
    def report(self) -> str:
        """One line of text: what is changed, or why nothing is."""
        parts = [self.order] if self.order else []
        if self.rectification is UNTOUCHED:
            parts.append(f'rows unchanged: {self.reason}')
        else:
            change = self.rectification
            yaw, roll = np.degrees(change.parameters[5:])
            parts.append(
                f'right image rotated by {change.rotation:.2f} deg, scaled by {change.scale:.3f}'
                f' and moved {change.vertical_shift:.1f} px down; both images rotated to the'
                f' baseline (roll {roll:.1f} deg, yaw {yaw:.1f} deg)'
            )
        if self.horizontal_shift:
            side = 'left' if self.horizontal_shift > 0 else 'right'
            parts.append(f'right image moved {abs(self.horizontal_shift):.1f} px {side}')
        if self.matches:
            parts.append(
                f'median vertical error of {self.matches} matches'
                f' {self.error_before:.2f} px before, {self.error_after:.2f} px after'
            )
            parts.append(f'pixels at an image width of {WIDTH}')
        return '; '.join(parts)


def warped(image: np.ndarray, homography: np.ndarray) -> np.ndarray:
    """Warp an image of any size by a homography in working pixels from the image centre."""
    height, width = image.shape[:2]
    scale = width / WIDTH
    pixels = np.array([[scale, 0, (width - 1) / 2], [0, scale, (height - 1) / 2], [0, 0, 1]])
    homography = pixels @ homography @ np.linalg.inv(pixels)
    return cv2.warpPerspective(image, homography, (width, height))


def _moved_left(image: np.ndarray, shift: int) -> np.ndarray:
    """Return an image moved left by `shift` pixels, or right if it is negative."""
    moved = np.zeros_like(image)
    width = image.shape[1]
    if shift > 0:
        moved[:, : max(0, width - shift)] = image[:, shift:]
    else:
        moved[:, -shift:] = image[:, : max(0, width + shift)]
    return moved
