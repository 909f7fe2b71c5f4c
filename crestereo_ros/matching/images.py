# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images before the network and disparity after it: checks, sizes, borders."""

from __future__ import annotations

import cv2
import numpy as np

from crestereo_ros.matching.errors import ImageSizeError, ImageTypeError, UnequalPairError
from crestereo_ros.models.contracts import SMALLEST_SIDE
from crestereo_ros.models.placement import Placement
from crestereo_ros.models.resizing import half_size

MOST_ALIKE = 4.0  # grey levels in the mean; noise stays below, a shift of texture is above
OUTSIDE = 0.9  # share of pixels that makes an output one that cannot be; some at borders are zero
_BORDERS = {
    'replicate': cv2.BORDER_REPLICATE,
    'reflect': cv2.BORDER_REFLECT_101,
    'zero': cv2.BORDER_CONSTANT,
}


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


def to_network(image: np.ndarray, placement: Placement) -> np.ndarray:
    """
    Resize and pad a checked image for the network.

    :param image: uint8 (H, W, 3), BGR, or (H, W)
    :param placement: where it is to lie
    :returns: float32 (h, w, 3), BGR, 0 to 255
    """
    if image.ndim == 2:
        image = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_GRAY2BGR)
    return _padded(_resized(image, placement.size), placement).astype(np.float32)


def from_network(output: np.ndarray, placement: Placement, shape: tuple[int, ...]) -> np.ndarray:
    """
    Crop and resize one plane of the network's output to the image.

    :param output: float32 (h, w), of the network's input or of another size with the same view
    :param placement: where the image lies in the input
    :param shape: of the image
    :returns: float32 (H, W), values unchanged but for the interpolation
    """
    if output.shape != placement.network:
        output = cv2.resize(output, placement.network[::-1], interpolation=cv2.INTER_LINEAR)
    top, left, (height, width) = placement.top, placement.left, placement.size
    cropped = np.ascontiguousarray(output[top : top + height, left : left + width])
    return cv2.resize(cropped, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def start_to_network(start: np.ndarray, placement: Placement) -> np.ndarray:
    """
    Make an earlier output of the network out of a disparity of the image.

    :param start: float (H, W), pixels of the image, at least one of them finite; the others are
        unknown and filled by `fill_from_background`
    :param placement: where the image lies
    :returns: float32 (1, 2, h / 2, w / 2), as a first pass gives it: pixels of its own size, the
        vertical part is zero
    """
    size = placement.size
    disparity = fill_from_background(start) * np.float32(size[1] / start.shape[1])
    half = half_size(_padded(_resized(disparity, size), placement)) / 2
    return np.stack([half, np.zeros_like(half)])[None]


def shifted(right: np.ndarray, offset: float) -> np.ndarray:
    """
    Shift a right image so that what is infinitely far has no disparity.

    :param right: uint8 (H, W, 3) or (H, W)
    :param offset: the disparity of what is infinitely far, pixels, may be a fraction
    :returns: the same shape; the border that it leaves repeats the last column
    """
    if not offset:
        return right
    matrix = np.array([[1, 0, offset], [0, 1, 0]], np.float64)
    flags = cv2.INTER_NEAREST if float(offset).is_integer() else cv2.INTER_CUBIC
    size = right.shape[1], right.shape[0]
    return cv2.warpAffine(
        np.ascontiguousarray(right), matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )


def output_problem(
    disparity: np.ndarray, left: np.ndarray, right: np.ndarray, largest: float | None = None
) -> str:
    """
    Say why a disparity as a whole cannot be one, '' if it can.

    :param disparity: float32 (h, w), pixels of the network's width, not all NaN
    :param left: float32 (H, W, 3), as the network saw it
    :param right: the same
    :param largest: disparity that the network can give, pixels of its width, from 0 on; None where
        its range is not known
    """
    finite = np.isfinite(disparity)
    if not finite.any():
        return 'nothing in its output is a number'
    known = disparity[finite]
    width = left.shape[1]
    if (np.abs(known) > width).mean() > OUTSIDE:
        return f'the disparities in its output are more than the width of the image, {width} px'
    if largest is not None and max((known < -1).mean(), (known > largest + 1).mean()) > OUTSIDE:
        return f'the disparities in its output are outside of their range, 0 to {largest:g} px'
    # Zero everywhere is right where all is infinitely far, and so both images are alike.
    if known.min() == known.max() and float(np.abs(left - right).mean()) > MOST_ALIKE:
        return f'its output is {known[0]:g} everywhere, though the two images differ'
    return ''


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


def _padded(image: np.ndarray, placement: Placement) -> np.ndarray:
    (height, width), top, left = placement.network, placement.top, placement.left
    below, right = height - placement.size[0] - top, width - placement.size[1] - left
    return cv2.copyMakeBorder(image, top, below, left, right, _BORDERS[placement.border])


def _by(shape: tuple[int, ...]) -> str:
    return 'x'.join(map(str, shape))
