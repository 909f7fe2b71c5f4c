# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Arrays that lie in a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import math
from typing import NamedTuple

import numpy as np

from crestereo_ros.weights.errors import WeightsError
from crestereo_ros.weights.parameters import parameter_shapes, shape_text

BFLOAT16 = 'bfloat16'
FLOATS = 'float64', 'float32', 'float16', BFLOAT16
# Bytes that the parameters may unpack to: twice those of the published network in float64, since
# tensors may be views of larger ones.
LARGEST_NUMBERS = 2 * 8 * sum(map(math.prod, parameter_shapes({}).values()))


class StoredArray(NamedTuple):
    """
    An array, and how to get its numbers.

    `kind`: name of the type of the numbers; those of NumPy, and `BFLOAT16`. `read`: returns an
    array of that type and shape, of bfloat16 one of uint16 with the same bits.
    """

    kind: str
    shape: tuple[int, ...]
    read: Callable[[], np.ndarray]

    def float32(self) -> np.ndarray:
        """Return the numbers as float32."""
        numbers = self.read()
        if self.kind == BFLOAT16:  # the upper half of a float32
            return (numbers.astype(np.uint32) << 16).view(np.float32)
        return numbers.astype(np.float32)


def check_counts(*values: object) -> None:
    """
    Check that a file has numbers where it has to have shapes, offsets and strides.

    :raises WeightsError: where one is anything but an int
    """
    if not all(type(x) is int for x in values):
        raise WeightsError('its structure is damaged')


def dtype_of(kind: str, byte_order: str) -> np.dtype:
    """
    Return the type that numbers of a kind are read as.

    :param byte_order: '<' or '>'
    """
    return np.dtype(byte_order + np.dtype('uint16' if kind == BFLOAT16 else kind).str[1:])


def view(
    content: bytes,
    dtype: np.dtype,
    shape: Sequence[int],
    offset: int = 0,
    strides: Sequence[int] | None = None,
    fortran: bool = False,
) -> np.ndarray:
    """
    Return an array over bytes.

    :param offset: of the first number, counted in numbers
    :param strides: counted in numbers; None where the array is contiguous
    :param fortran: for contiguous arrays, whether the first axis changes fastest
    :raises WeightsError: where it does not lie in the bytes
    """
    size = len(content) // dtype.itemsize
    steps = None
    try:
        if strides is not None:  # those of a single row mean nothing
            steps = [step if n > 1 else 0 for n, step in zip(shape, strides, strict=True)]
        # NumPy checks the bounds, but its sums can overflow.
        if not all(0 <= x <= size for x in (offset, *(steps or ()))):
            raise ValueError
        return np.ndarray(
            tuple(shape),
            dtype,
            content,
            offset * dtype.itemsize,
            steps and [dtype.itemsize * step for step in steps],
            'F' if fortran else 'C',
        )
    except (OverflowError, TypeError, ValueError) as error:
        raise WeightsError(
            f'a tensor of shape {shape_text(shape)} does not lie in its {size} numbers'
        ) from error
