# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Pickles of NumPy arrays, as MegEngine saves them (.mge).

An array is a call of a function of NumPy that has the numbers, as bytes, in its arguments or its
state (numpy.org/doc/stable/reference/generated/numpy.ndarray.__reduce__.html).
"""

from __future__ import annotations

from functools import partial

import numpy as np

from crestereo_ros.weights.errors import WeightsError
from crestereo_ros.weights.pickled import Call, read_pickle
from crestereo_ros.weights.stored_array import check_counts, dtype_of, StoredArray, view

_ENCODE = '_codecs.encode'  # bytes are written so in protocols before the third
_RECONSTRUCT, _FROM_BUFFER, _SCALAR = (
    'multiarray._reconstruct',
    'numeric._frombuffer',
    'multiarray.scalar',
)
_CORES = 'numpy.core.', 'numpy._core.'  # NumPy 2 has moved it
_KNOWN = frozenset(
    {'numpy.ndarray', 'numpy.dtype', _ENCODE}
    | {core + name for core in _CORES for name in (_RECONSTRUCT, _FROM_BUFFER, _SCALAR)}
)
_CODES = 'f8', 'f4', 'f2', 'i8', 'i4', 'i2', 'i1', 'u8', 'u4', 'u2', 'u1', 'b1'
_BEFORE_ZIP = 0x1950A86A20F9469CFC6C  # what files of PyTorch before 1.6 begin with


class NumpyPickle:
    """A pickle with arrays in it."""

    def __init__(self, pickle: bytes) -> None:
        """
        Read it; `content` is what it holds.

        :raises WeightsError: where it holds more than arrays and containers
        :raises Exception: of any kind where it is damaged
        """
        self.content = read_pickle(pickle, _KNOWN)
        if self.content == _BEFORE_ZIP:
            raise WeightsError(
                'it is of a PyTorch before 1.6: load it with a newer one, and save it again'
            )

    def tensor(self, value: object) -> StoredArray | None:
        """Return the array that a value of the content stands for, None if for none."""
        if not isinstance(value, Call):
            return None
        if value.name.endswith(_RECONSTRUCT):
            _, shape, dtype, fortran, numbers = value.state
        elif value.name.endswith(_FROM_BUFFER):
            numbers, dtype, shape, order = value.arguments
            fortran = order == 'F'
        else:
            return None
        if isinstance(numbers, Call) and numbers.name == _ENCODE:
            numbers = numbers.arguments[0].encode('latin1')
        if not isinstance(dtype, Call) or dtype.name != 'numpy.dtype':
            raise WeightsError('its structure is damaged')
        code, byte_order = dtype.arguments[0], dtype.state[1]
        if code not in _CODES or byte_order not in '<>|' or not isinstance(numbers, bytes):
            raise WeightsError('it holds an array of something else than numbers')
        check_counts(*shape)
        kind = np.dtype(code).name
        read = partial(view, numbers, dtype_of(kind, byte_order), shape, fortran=bool(fortran))
        return StoredArray(kind, tuple(shape), read)
