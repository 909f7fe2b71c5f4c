# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What was found out about a stereo pair, ready to be applied to its frames."""

from dataclasses import dataclass
import math

import cv2
import numpy as np

from crestereo_ros.alignment.rectification import Rectification, UNTOUCHED
from crestereo_ros.alignment.working_image import WIDTH


@dataclass(frozen=True, eq=False)
class Alignment:
    """
    How both images of a pair are changed so that a stereo matcher can use them.

    `swapped`: left and right change places first. `rectification`: how the views are turned.
    `horizontal_shift`: how far the right view then moves left, which adds to every disparity;
    px at a width of 640, as all lengths here.
    `order`: what is known of which view is the left one, in words.
    `matches`: how many feature matches this rests on. `error_before`, `error_after`: the median
    of the rows that they miss by, px; NaN where there are none.
    `reason`: why the rows were left as they are, where they were.
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
        """Whether ``apply`` hands back the very images that it was given."""
        return not self.swapped and not self.warps

    @property
    def warps(self) -> bool:
        """Whether images are resampled, not just exchanged."""
        return self.rectification is not UNTOUCHED or bool(self.horizontal_shift)

    def apply(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """
        Align the images of one frame.

        :param left: (H, W) or (H, W, 3), any size: lengths scale with the width
        :param right: the same size
        :returns: both in the same size and type, black where nothing was seen; an image that
            needs no change is returned as it is, not copied
        :raises ValueError: when the sizes differ
        """
        if left.shape != right.shape:
            raise ValueError(f'left is {left.shape}, but right is {right.shape}')
        if self.swapped:
            left, right = right, left
        if self.rectification is UNTOUCHED:
            # Whole pixels, so that nothing is interpolated.
            shift = round(self.horizontal_shift * left.shape[1] / WIDTH)
            return left, _moved_left(right, shift) if shift else right
        move = np.array([[1, 0, -self.horizontal_shift], [0, 1, 0], [0, 0, 1]])
        return (
            warped(left, self.rectification.left),
            warped(right, move @ self.rectification.right),
        )

    @property
    def report(self) -> str:
        """One line for people: what was changed, or why nothing was."""
        what = [self.order] if self.order else []
        if self.rectification is UNTOUCHED:
            what.append(f'rows left as they are: {self.reason}')
        else:
            turned = self.rectification
            yaw, roll = np.degrees(turned.parameters[5:])
            what.append(
                f'right turned {turned.rotation:.2f} deg, scaled {turned.scale:.3f} and moved'
                f' {turned.vertical_shift:.1f} px down, both turned to the baseline'
                f' ({roll:.1f} deg tilted, {yaw:.1f} deg ahead)'
            )
        if self.horizontal_shift:
            side = 'left' if self.horizontal_shift > 0 else 'right'
            what.append(f'right moved {abs(self.horizontal_shift):.1f} px {side}')
        if self.matches:
            what.append(
                f'median vertical error of {self.matches} matches'
                f' {self.error_before:.2f} px before, {self.error_after:.2f} px after'
            )
            what.append(f'px at a width of {WIDTH}')
        return '; '.join(what)


def warped(image: np.ndarray, homography: np.ndarray) -> np.ndarray:
    """Warp an image of any size by a homography in working pixels from the middle."""
    height, width = image.shape[:2]
    scale = width / WIDTH
    pixels = np.array([[scale, 0, (width - 1) / 2], [0, scale, (height - 1) / 2], [0, 0, 1]])
    homography = pixels @ homography @ np.linalg.inv(pixels)
    return cv2.warpPerspective(image, homography, (width, height))


def _moved_left(image, shift):
    moved = np.zeros_like(image)
    width = image.shape[1]
    if shift > 0:
        moved[:, : max(0, width - shift)] = image[:, shift:]
    else:
        moved[:, -shift:] = image[:, : max(0, width + shift)]
    return moved
