# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images before the network and disparity after it: checks, sizes, borders."""

from __future__ import annotations

import cv2
import numpy as np

from crestereo_ros.matching.errors import ImageSizeError, ImageTypeError, UnequalPairError
from crestereo_ros.models.contracts import SMALLEST_SIDE
from crestereo_ros.models.resizing import half_size


def check_pair(left: np.ndarray, right: np.ndarray) -> None:
    """
    Check that both images are uint8 (H, W, 3) or (H, W), of equal shape.

    :raises ImageTypeError: for an image of another type or number of axes
    :raises ImageSizeError: for an image with a side below SMALLEST_SIDE
    :raises UnequalPairError: where the shapes differ
    """
    for side, image in ('left', left), ('right', right):
        if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
            kind = getattr(image, 'dtype', type(image).__name__)
            raise ImageTypeError(f'the {side} image must be a NumPy array of uint8, not {kind}')
        if image.ndim != 2 and (image.ndim != 3 or image.shape[2] != 3):
            raise ImageTypeError(
                f'the {side} image must be BGR (height, width, 3) or grey (height, width), '
                f'not of shape {_by(image.shape)}'
            )
        if min(image.shape) == 0:
            raise ImageSizeError(f'the {side} image is empty: its shape is {_by(image.shape)}')
        if min(image.shape[:2]) < SMALLEST_SIDE:
            raise ImageSizeError(
                f'the {side} image is too small: {_by(image.shape[:2])}, while '
                f'height and width must be at least {SMALLEST_SIDE}'
            )
    if left.shape[:2] != right.shape[:2]:
        raise UnequalPairError(
            f'the left image is {_by(left.shape[:2])} and the right one {_by(right.shape[:2])} '
            '(height x width): both must have the same size'
        )
    if left.ndim != right.ndim:
        kinds = ['grey' if image.ndim == 2 else 'colour' for image in (left, right)]
        raise UnequalPairError(
            f'the left image is {kinds[0]} and the right one {kinds[1]}: convert both '
            'to grey or both to BGR'
        )


def to_network(image: np.ndarray, size: tuple[int, int], multiple: int) -> np.ndarray:
    """
    Resize and pad a checked image for the network.

    :param image: uint8 (H, W, 3), BGR, or (H, W)
    :param size: (height, width) to resize to
    :param multiple: of what both sides must be multiples; the last row and column are repeated
        until they are
    :returns: float32 (h, w, 3), BGR, 0 to 255
    """
    if image.ndim == 2:
        image = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_GRAY2BGR)
    return _padded(_resized(image, size), multiple).astype(np.float32)


def from_network(output: np.ndarray, size: tuple[int, int], shape: tuple[int, ...]) -> np.ndarray:
    """
    Crop and resize one plane of the network's output to the image.

    :param output: float32 (h, w)
    :param size: (height, width) that the image was resized to, before it was padded
    :param shape: of the image
    :returns: float32 (H, W), values unchanged but for the interpolation
    """
    height, width = size
    cropped = np.ascontiguousarray(output[:height, :width])
    return cv2.resize(cropped, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def start_to_network(start: np.ndarray, size: tuple[int, int], multiple: int) -> np.ndarray:
    """
    Make an earlier output of the network out of a disparity of the image.

    :param start: float (H, W), pixels of the image, at least one of them finite; the others are
        unknown and filled by `fill_from_background`
    :param size: (height, width) that the image is resized to
    :param multiple: of what both sides are multiples after padding
    :returns: float32 (1, 2, h / 2, w / 2), as a first pass gives it: pixels of its own size, the
        vertical part is zero
    """
    disparity = fill_from_background(start) * np.float32(size[1] / start.shape[1])
    half = half_size(_padded(_resized(disparity, size), multiple)) / 2
    return np.stack([half, np.zeros_like(half)])[None]


def fill_from_background(disparity: np.ndarray) -> np.ndarray:
    """
    Fill what is unknown with the smaller of the row's next known values on the left and right.

    What only one camera sees is background. A row without any known value takes the values of the
    next row that has some.

    :param disparity: float (H, W), NaN or infinite where it is unknown
    :returns: float32 (H, W), all finite; zeros where nothing is known
    """
    known = np.isfinite(disparity)
    if known.all():
        return disparity.astype(np.float32)
    rows, width = known.any(axis=1), disparity.shape[1]
    if not rows.any():
        return np.zeros(disparity.shape, np.float32)
    columns = np.arange(width)
    left = np.maximum.accumulate(np.where(known, columns, -1), axis=1)
    right = np.minimum.accumulate(np.where(known, columns, width)[:, ::-1], axis=1)[:, ::-1]
    left, right = np.where(left < 0, right, left), np.where(right == width, left, right)
    nearest = (np.take_along_axis(disparity, x.clip(0, width - 1), axis=1) for x in (left, right))
    filled = np.minimum(*nearest).astype(np.float32)
    known_rows = np.flatnonzero(rows)
    after = np.searchsorted(known_rows, np.arange(len(rows))).clip(0, len(known_rows) - 1)
    return filled[known_rows[after]]


def _resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    shrinks = size[0] * size[1] < image.shape[0] * image.shape[1]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(image), size[::-1], interpolation=interpolation)


def _padded(image: np.ndarray, multiple: int) -> np.ndarray:
    below, right = (-side % multiple for side in image.shape[:2])
    return cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE)


def _by(shape: tuple[int, ...]) -> str:
    return 'x'.join(map(str, shape))
