# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images before the network and disparity after it: checks, sizes, borders."""

from __future__ import annotations

import cv2
import numpy as np

from crestereo_ros.matching.errors import ImageSizeError, ImageTypeError, UnequalPairError

# The side of one pixel at the coarsest stage.
SMALLEST = 16


def check_pair(left: np.ndarray, right: np.ndarray) -> None:
    """Raise an ImagePairError unless both are uint8 (H, W, 3) or (H, W), of equal shape."""
    for side, image in ('left', left), ('right', right):
        if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
            kind = getattr(image, 'dtype', type(image).__name__)
            raise ImageTypeError(f'the {side} image must be a NumPy array of uint8, not {kind}')
        if image.ndim != 2 and (image.ndim != 3 or image.shape[2] != 3):
            raise ImageTypeError(
                f'the {side} image must be BGR (height, width, 3) or grey (height, width), '
                f'not of shape {image.shape}'
            )
        if min(image.shape) == 0:
            raise ImageSizeError(f'the {side} image is empty: its shape is {image.shape}')
        if min(image.shape[:2]) < SMALLEST:
            raise ImageSizeError(
                f'the {side} image is too small: {image.shape[0]}x{image.shape[1]}, while '
                f'height and width must be at least {SMALLEST}'
            )
    if left.shape != right.shape:
        raise UnequalPairError(
            f'left and right must have the same shape, not {left.shape} and {right.shape}'
        )


def to_network(image: np.ndarray, size: tuple[int, int], multiple: int) -> np.ndarray:
    """
    Float32 BGR of a checked image, resized to `size` (height, width).

    The last row and column are repeated until both sides are multiples of `multiple`.
    """
    if image.ndim == 2:
        image = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_GRAY2BGR)
    shrinks = size[0] * size[1] < image.shape[0] * image.shape[1]
    image = _resized(image, size, cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    below, right = -size[0] % multiple, -size[1] % multiple
    padded = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE)
    return padded.astype(np.float32)


def from_network(output: np.ndarray, size: tuple[int, int], shape: tuple[int, ...]) -> np.ndarray:
    """
    Disparity (H, W) of an image of `shape`, in its pixels, out of an output (1, 2, h, w).

    `size` is what the image was resized to, before rows and columns were added.
    """
    height, width = size
    disparity = _resized(output[0, 0, :height, :width], shape[:2], cv2.INTER_LINEAR)
    return disparity * np.float32(shape[1] / width)


def half_size(image: np.ndarray) -> np.ndarray:
    """
    Half of a float32 image whose sides are even: bilinear with aligned corners.

    So the publication has the first of its two passes, and the network's own resizing of the
    result fits it.
    """
    height, width = image.shape[:2]
    x = np.linspace(0, width - 1, width // 2, dtype=np.float32)
    y = np.linspace(0, height - 1, height // 2, dtype=np.float32)
    return cv2.remap(image, *np.meshgrid(x, y), cv2.INTER_LINEAR)


def _resized(image: np.ndarray, size: tuple[int, int], interpolation: int) -> np.ndarray:
    image = np.ascontiguousarray(image)
    return cv2.resize(image, (size[1], size[0]), dst=None, interpolation=interpolation)
