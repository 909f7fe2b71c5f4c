# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Files of PyTorch 1.6 and newer.

Such a file is a zip archive with a pickle of the structure, data.pkl, and the numbers of each
tensor beside it (pytorch.org/docs/stable/notes/serialization.html).
"""

from __future__ import annotations

from functools import partial
import zipfile

import numpy as np

from crestereo_ros.weights.errors import WeightsError
from crestereo_ros.weights.pickled import Call, read_pickle
from crestereo_ros.weights.stored_array import (
    BFLOAT16,
    check_counts,
    dtype_of,
    LARGEST_NUMBERS,
    StoredArray,
    view,
)

_KINDS = {
    'torch.DoubleStorage': 'float64',
    'torch.FloatStorage': 'float32',
    'torch.HalfStorage': 'float16',
    'torch.BFloat16Storage': BFLOAT16,
    'torch.LongStorage': 'int64',
    'torch.IntStorage': 'int32',
    'torch.ShortStorage': 'int16',
    'torch.CharStorage': 'int8',
    'torch.ByteStorage': 'uint8',
    'torch.BoolStorage': 'bool',
}
_TENSOR, _PARAMETER = 'torch._utils._rebuild_tensor_v2', 'torch._utils._rebuild_parameter'
_KNOWN = frozenset({*_KINDS, _TENSOR, _PARAMETER})
_LARGEST_STRUCTURE = 4_000_000  # bytes; checkpoints with an optimizer have about 100 kB


class PyTorchFile:
    """A file of PyTorch. At first only its structure is read, and numbers on request."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        """
        Read the structure, which is `content`.

        :raises WeightsError: where there is none, or it holds more than tensors and containers
        :raises Exception: of any kind where it is damaged
        """
        self._archive = archive
        structures = [x for x in archive.namelist() if x.endswith('/data.pkl')]
        if len(structures) != 1:
            raise WeightsError('the archive has no data.pkl, so PyTorch did not write it')
        self._folder = structures[0].removesuffix('data.pkl')
        self._left = LARGEST_NUMBERS
        self._unpacked: dict[str, bytes] = {}
        order = f'{self._folder}byteorder'
        big = order in archive.namelist() and self._read(order, 16) == b'big'
        self._byte_order = '>' if big else '<'
        self.content = read_pickle(self._read(structures[0], _LARGEST_STRUCTURE), _KNOWN)

    def tensor(self, value: object) -> StoredArray | None:
        """Return the tensor that a value of the structure stands for, None if for none."""
        if isinstance(value, Call) and value.name == _PARAMETER:
            value = value.arguments[0]
        if not (isinstance(value, Call) and value.name == _TENSOR):
            return None
        reference, offset, shape, strides, *_ = value.arguments
        check_counts(offset, *shape, *strides)
        # ('storage', type, key, device, number of elements)
        _, storage, key, *_ = reference.identifier
        kind = _KINDS.get(storage)
        if kind is None or not isinstance(key, str):
            raise WeightsError('its structure is damaged')
        return StoredArray(
            kind, tuple(shape), partial(self._view, key, kind, shape, offset, strides)
        )

    def _view(self, key: str, kind: str, shape: tuple, offset: int, strides: tuple) -> np.ndarray:
        name = f'{self._folder}data/{key}'
        if name not in self._unpacked:
            content = self._read(name, self._left)
            self._left -= len(content)
            self._unpacked[name] = content
        dtype = dtype_of(kind, self._byte_order)
        return view(self._unpacked[name], dtype, shape, offset, strides)

    def _read(self, name: str, most: int) -> bytes:
        try:
            size = self._archive.getinfo(name).file_size
        except KeyError as error:
            raise WeightsError(f'{name} is missing in it') from error
        if size > most:
            raise WeightsError(
                f'{name} in it unpacks to {size / 1e6:.4g} MB, more than the network can need'
            )
        # Without a number of bytes, zipfile unpacks all that there is, whatever was announced.
        with self._archive.open(name) as file:
            return file.read(size)
