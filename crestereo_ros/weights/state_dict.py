# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Weights out of a file that PyTorch saved, without PyTorch and without running what is in it.

The file is a zip archive with a pickle of the structure, data.pkl, and the numbers of each
tensor beside it (pytorch.org/docs/stable/notes/serialization.html).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
import io
import math
from pathlib import Path
import pickle
import zipfile

import numpy as np

from crestereo_ros.weights.errors import WeightsError
from crestereo_ros.weights.parameters import check_parameters

_TYPES = {
    'DoubleStorage': 'f8',
    'FloatStorage': 'f4',
    'HalfStorage': 'f2',
    'LongStorage': 'i8',
    'IntStorage': 'i4',
    'BoolStorage': '?',
}
_WRAPPERS = ('state_dict', 'model')
_PARALLEL = 'module.'  # what torch.nn.DataParallel puts before the names


def read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """
    Read the weights in a PyTorch file: float32 arrays by official name.

    The file holds a state dict, or a checkpoint with one as `state_dict` or `model`, saved by
    PyTorch 1.6 or newer. Raises WeightsError where it does not, where reading it would
    need anything but tensors and containers, and where the parameters are not CREStereo's.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            content = _Unpickler(archive).load()
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
    weights = _unwrapped(content)
    if not weights:
        raise WeightsError(f'{path} holds no state dict')
    try:
        check_parameters(weights)
    except WeightsError as error:
        raise WeightsError(f'{path}: {error}') from error
    return {name: array.astype(np.float32) for name, array in weights.items()}


def _unwrapped(content: object) -> dict[str, np.ndarray]:
    # Arrays by name, without what is around them.
    for wrapper in _WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
    if not isinstance(content, Mapping):
        return {}
    arrays = {str(k): value for k, value in content.items() if isinstance(value, np.ndarray)}
    if all(name.startswith(_PARALLEL) for name in arrays):
        return {name[len(_PARALLEL) :]: array for name, array in arrays.items()}
    return arrays


class _Unpickler(pickle.Unpickler):
    """Reads data.pkl; of all classes and functions it knows only those of plain tensors."""

    def __init__(self, archive: zipfile.ZipFile):
        structures = [x for x in archive.namelist() if x.endswith('/data.pkl')]
        if len(structures) != 1:
            raise WeightsError('the archive has no data.pkl, so PyTorch did not write it')
        super().__init__(io.BytesIO(archive.read(structures[0])))
        self._archive = archive
        self._folder = structures[0].removesuffix('data.pkl')
        order = f'{self._folder}byteorder'
        big = order in archive.namelist() and archive.read(order) == b'big'
        self._byte_order = '>' if big else '<'

    def find_class(self, module, name):
        if module == 'torch' and name in _TYPES:
            return np.dtype(self._byte_order + _TYPES[name])
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

    def persistent_load(self, pid):
        # ('storage', type, key, device, number of elements)
        _, dtype, key, *_ = pid
        return np.frombuffer(self._archive.read(f'{self._folder}data/{key}'), dtype)


def _tensor(storage, offset, shape, strides, *_):
    # As torch._utils._rebuild_tensor_v2; strides are in elements.
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if (
        min((offset, *shape, *strides)) < 0
        or last >= storage.size
        or math.prod(shape) > storage.size
    ):
        raise WeightsError(
            f'a tensor of shape {tuple(shape)} is not inside of its {storage.size} numbers'
        )
    step = storage.itemsize
    return np.lib.stride_tricks.as_strided(
        storage[offset:], shape, [step * x for x in strides], writeable=False
    )


def _parameter(tensor, *_):
    return tensor
