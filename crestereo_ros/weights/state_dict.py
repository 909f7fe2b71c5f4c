# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Weights out of a file that PyTorch saved, without PyTorch and without running what is in it.

The file is a zip archive with a pickle of the structure, data.pkl, and the numbers of each
tensor beside it (pytorch.org/docs/stable/notes/serialization.html). Only the numbers of
parameters are read, and only once their shapes are known to be those of the network, so that a
file cannot unpack to more than the network needs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
import io
import math
from pathlib import Path
import pickle
import zipfile

import numpy as np

from crestereo_ros.weights.errors import WeightsError
from crestereo_ros.weights.parameters import (
    check_finite,
    check_parameters,
    listed,
    parameter_shapes,
    shape_text,
)

_BFLOAT16 = 'BFloat16Storage'
_TYPES = {
    'DoubleStorage': 'f8',
    'FloatStorage': 'f4',
    'HalfStorage': 'f2',
    _BFLOAT16: 'u2',  # the upper half of a float32
    'LongStorage': 'i8',
    'IntStorage': 'i4',
    'BoolStorage': '?',
}
_WRAPPERS = ('state_dict', 'model_state_dict', 'model')
_PARALLEL = 'module.'  # what torch.nn.DataParallel puts before the names
_LARGEST_STRUCTURE = 4_000_000  # bytes; checkpoints with an optimizer have about 100 kB
# Bytes that the parameters may unpack to: twice those of the published network in float64, since
# tensors may be views of larger ones.
_LARGEST_NUMBERS = 2 * 8 * sum(map(math.prod, parameter_shapes({}).values()))


def read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """
    Read the weights in a PyTorch file.

    The file holds a state dict, or a checkpoint with one as `state_dict`, `model_state_dict` or
    `model`, saved by PyTorch 1.6 or newer. Its numbers may be of any type of floating point.

    :returns: float32 arrays by official name
    :raises WeightsError: where the file holds no state dict, where reading it would need anything
        but tensors and containers, and where the parameters are not CREStereo's, not all finite,
        or kept in more memory than they need
    """
    try:
        with zipfile.ZipFile(path) as archive:
            tensors = _tensors_by_name(_Unpickler(archive).load())
            check_parameters({name: tensor.shape for name, tensor in tensors.items()})
            weights = _Numbers(archive).of(tensors)
    except zipfile.BadZipFile as error:
        raise WeightsError(
            f'{path} is no file of PyTorch 1.6 or newer, or is cut ({error}). An older one can '
            'be loaded with PyTorch and saved again'
        ) from error
    except WeightsError as error:
        raise WeightsError(f'{path} cannot be read: {error}') from error
    except OSError:
        raise
    except Exception as error:  # a broken pickle can fail in any way
        raise WeightsError(f'{path} cannot be read as a PyTorch file: {error!r}') from error
    return weights


@dataclass(frozen=True)
class _Storage:
    """Numbers that lie in the archive under a name: their type, and how many there are."""

    name: str
    kind: str
    dtype: np.dtype
    size: int


@dataclass(frozen=True)
class _Tensor:
    """A view of a storage; offset and strides are counted in numbers."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def __post_init__(self) -> None:
        """
        Check the view.

        :raises WeightsError: where it reaches beyond its storage
        """
        last = self.offset + sum(
            (n - 1) * step for n, step in zip(self.shape, self.strides, strict=True)
        )
        if (
            min((self.offset, *self.shape, *self.strides)) < 0
            or last >= self.storage.size
            or math.prod(self.shape) > self.storage.size
        ):
            raise WeightsError(
                f'a tensor of shape {shape_text(self.shape)} does not lie in its '
                f'{self.storage.size} numbers'
            )


def _tensors_by_name(content: object) -> dict[str, _Tensor]:
    # Tensors by name, without what is around them.
    for _ in _WRAPPERS:
        for wrapper in _WRAPPERS:
            if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
                content = content[wrapper]
    if not isinstance(content, Mapping):
        raise WeightsError(f'it holds no state dict but a {type(content).__name__}')
    tensors = {str(key): value for key, value in content.items() if isinstance(value, _Tensor)}
    if not tensors:
        keys = listed([repr(key)[:40] for key in content if isinstance(key, str)])
        holds = f'only {keys}' if keys else 'and nothing else by name'
        raise WeightsError(
            f'it holds no state dict, {holds}. Save the state dict on its own: '
            'torch.save(network.state_dict(), FILE)'
        )
    if all(name.startswith(_PARALLEL) for name in tensors):
        return {name[len(_PARALLEL) :]: tensor for name, tensor in tensors.items()}
    return tensors


class _Unpickler(pickle.Unpickler):
    """Reads data.pkl; of all classes and functions it knows only those of plain tensors."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        structures = [x for x in archive.namelist() if x.endswith('/data.pkl')]
        if len(structures) != 1:
            raise WeightsError('the archive has no data.pkl, so PyTorch did not write it')
        super().__init__(io.BytesIO(_unpacked(archive, structures[0], _LARGEST_STRUCTURE)))
        self._archive = archive
        self._folder = structures[0].removesuffix('data.pkl')
        order = f'{self._folder}byteorder'
        big = order in archive.namelist() and _unpacked(archive, order, 16) == b'big'
        self._byte_order = '>' if big else '<'

    def find_class(self, module: str, name: str) -> object:
        if module == 'torch' and name in _TYPES:
            return name
        known = {
            ('collections', 'OrderedDict'): OrderedDict,
            ('torch._utils', '_rebuild_tensor_v2'): _tensor,
            ('torch._utils', '_rebuild_parameter'): _parameter,
        }
        if (module, name) not in known:
            raise WeightsError(
                f'it holds {module}.{name}, which could be any code, not tensors alone. Save the '
                'state dict on its own: torch.save(network.state_dict(), FILE)'
            )
        return known[module, name]

    def persistent_load(self, pid: tuple) -> _Storage:
        # ('storage', type, key, device, number of elements)
        _, kind, key, *_ = pid
        name = f'{self._folder}data/{key}'
        dtype = np.dtype(self._byte_order + _TYPES[kind])
        size = self._archive.getinfo(name).file_size // dtype.itemsize
        return _Storage(name, kind, dtype, size)


def _tensor(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> _Tensor:
    # As torch._utils._rebuild_tensor_v2; strides are in elements.
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


def _parameter(tensor: _Tensor, *_: object) -> _Tensor:
    return tensor


class _Numbers:
    """The numbers of tensors out of an archive, each storage unpacked once."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._unpacked: dict[_Storage, np.ndarray] = {}
        self._left = _LARGEST_NUMBERS

    def of(self, tensors: Mapping[str, _Tensor]) -> dict[str, np.ndarray]:
        """Return float32 arrays by name."""
        with np.errstate(over='ignore'):  # checked below
            weights = {name: self._array(x).astype(np.float32) for name, x in tensors.items()}
        check_finite(weights)
        return weights

    def _array(self, tensor: _Tensor) -> np.ndarray:
        numbers = self._storage(tensor.storage)
        return np.lib.stride_tricks.as_strided(
            numbers[tensor.offset :],
            tensor.shape,
            [numbers.itemsize * x for x in tensor.strides],
            writeable=False,
        )

    def _storage(self, storage: _Storage) -> np.ndarray:
        if storage not in self._unpacked:
            content = _unpacked(self._archive, storage.name, self._left)
            self._left -= len(content)
            numbers = np.frombuffer(content, storage.dtype)
            if storage.kind == _BFLOAT16:
                numbers = (numbers.astype(np.uint32) << 16).view(np.float32)
            self._unpacked[storage] = numbers
        return self._unpacked[storage]


def _unpacked(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    # zipfile gives no more bytes than the entry announces.
    size = archive.getinfo(name).file_size
    if size > most:
        raise WeightsError(
            f'{name} in it unpacks to {size / 1e6:.4g} MB, more than the network can need'
        )
    return archive.read(name)
