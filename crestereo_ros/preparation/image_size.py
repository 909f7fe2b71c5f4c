# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The size of resized images as users write it."""

from __future__ import annotations

from dataclasses import dataclass
import re

import cv2
import numpy as np

LARGEST_SIDE = 8640  # pixels
LARGEST_SCALE = 8.0


@dataclass(frozen=True)
class ImageSize:
    """
    A fixed size, or a scale of the images' size.

    `fixed`: (height, width) in pixels, or None. `scale`: used if `fixed` is None.
    """

    fixed: tuple[int, int] | None = None
    scale: float = 1.0

    @classmethod
    def of(cls, text: str) -> ImageSize:
        """
        Parse HEIGHTxWIDTH, a scale, or an empty text for the size of the images.

        :raises ValueError: for any other text; the message says what is allowed
        """
        text = text.strip()
        if not text:
            return cls()
        sides = re.fullmatch(r'([0-9]{1,5})x([0-9]{1,5})', text)
        if sides:
            height, width = map(int, sides.groups())
            if 0 < height <= LARGEST_SIDE and 0 < width <= LARGEST_SIDE:
                return cls(fixed=(height, width))
            raise ValueError(f'"{text}" has a side that is not 1 to {LARGEST_SIDE} pixels')
        if re.fullmatch(r'[0-9]*\.?[0-9]+', text) and 0 < float(text) <= LARGEST_SCALE:
            return cls(scale=float(text))
        raise ValueError(
            f'"{text}" is neither HEIGHTxWIDTH, for example 480x640, nor a scale above 0 and up '
            f'to {LARGEST_SCALE:g}, for example 0.5, nor empty for the size of the source'
        )

    def for_shape(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return (height, width) in pixels for an image of a shape (H, W, ...)."""
        if self.fixed:
            return self.fixed
        height, width = (min(LARGEST_SIDE, max(1, round(side * self.scale))) for side in shape[:2])
        return height, width

    def apply(self, image: np.ndarray) -> np.ndarray:
        """Return an image, (H, W) or (H, W, 3), resized; the same object if it has the size."""
        height, width = self.for_shape(image.shape)
        if (height, width) == image.shape[:2]:
            return image
        smaller = height * width < image.shape[0] * image.shape[1]
        how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        return cv2.resize(image, (width, height), interpolation=how)
