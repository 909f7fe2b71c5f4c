# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Weights by name out of a file of PyTorch, MegEngine or safetensors, without any of them.

Nothing in the file is run. Numbers are read only for parameters, and only once their shapes are
known to be those of the network, so a file cannot unpack to more than the network needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
import logging
from pathlib import Path
import zipfile

import numpy as np

from crestereo_ros.weights.errors import WeightsError
from crestereo_ros.weights.numpy_pickle import NumpyPickle
from crestereo_ros.weights.parameters import check_finite, check_parameters, listed
from crestereo_ros.weights.pytorch_file import PyTorchFile
from crestereo_ros.weights.safetensors_file import read_safetensors
from crestereo_ros.weights.stored_array import FLOATS, LARGEST_NUMBERS, StoredArray

_WRAPPERS = ('state_dict', 'model_state_dict', 'model', 'net', 'params')
_DEEPEST = 4  # wrappers around each other
# What DataParallel, torch.compile and modules around the network put before the names.
_PREFIXES = ('module.', '_orig_mod.', 'model.', 'net.')
_ZIP, _PICKLE = b'PK\x03\x04', (b'\x80', b'(', b'}')  # what files begin with

_logger = logging.getLogger(__name__)


def read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """
    Read the weights in a file.

    The file holds a state dict, or a checkpoint with one as `state_dict`, `model_state_dict`,
    `model`, `net` or `params`: saved by PyTorch 1.6 or newer, a pickle of NumPy arrays such as
    those of MegEngine (.mge), or .safetensors. Its numbers may be of any type of floating point;
    a warning says so where they have less digits than float32.

    :returns: float32 arrays by official name
    :raises WeightsError: where the file holds no state dict, where reading it would need anything
        but tensors and containers, and where the parameters are not CREStereo's, not all finite,
        not floating point, or stored in more memory than they need
    """
    with path.open('rb') as file:
        start = file.read(16)
        if not start:
            raise WeightsError(f'{path} is empty')
        try:
            if start.startswith(_ZIP):
                with zipfile.ZipFile(file) as archive:
                    pytorch = PyTorchFile(archive)
                    return _weights(path, _named(pytorch.content, pytorch.tensor))
            file.seek(0)
            content = file.read(LARGEST_NUMBERS + 1)
            if len(content) > LARGEST_NUMBERS:
                raise WeightsError(f'more than {LARGEST_NUMBERS / 1e6:.0f} MB are not needed')
            if start[8:9] == b'{':
                return _weights(path, read_safetensors(content))
            if start.startswith(_PICKLE):
                pickle = NumpyPickle(content)
                return _weights(path, _named(pickle.content, pickle.tensor))
        except zipfile.BadZipFile as error:
            raise WeightsError(f'{path} is cut or damaged ({error})') from error
        except WeightsError as error:
            raise WeightsError(f'{path} cannot be read: {error}') from error
        except ImportError:
            raise
        except Exception as error:  # what is broken can fail in any way
            raise WeightsError(f'{path} is damaged ({type(error).__name__})') from error
    raise WeightsError(
        f'{path} is not a file of PyTorch, MegEngine or safetensors: it begins with {start!r}'
    )


def _named(
    content: object, tensor: Callable[[object], StoredArray | None]
) -> dict[str, StoredArray]:
    # Tensors by name, without what is around them.
    for _ in range(_DEEPEST):
        for wrapper in _WRAPPERS:
            if isinstance(content, dict) and isinstance(content.get(wrapper), dict):
                content = content[wrapper]
    if not isinstance(content, dict):
        raise WeightsError(f'it holds no state dict but a {type(content).__name__}')
    found = {str(key): tensor(value) for key, value in content.items() if isinstance(key, str)}
    tensors = {key: value for key, value in found.items() if value is not None}
    if not tensors:
        keys = listed([repr(key)[:40] for key in found])
        holds = f'only {keys}' if keys else 'and nothing else by name'
        raise WeightsError(
            f'it holds no state dict, {holds}. Save the state dict on its own: '
            'torch.save(network.state_dict(), FILE)'
        )
    return tensors


def _weights(path: Path, tensors: Mapping[str, StoredArray]) -> dict[str, np.ndarray]:
    # What CREStereo needs, checked.
    while prefix := _common_prefix(tensors):
        tensors = {name.removeprefix(prefix): x for name, x in tensors.items()}
    check_parameters({name: _flat(name, x.shape) for name, x in tensors.items()})
    integers = [f'{name} ({x.kind})' for name, x in tensors.items() if x.kind not in FLOATS]
    if integers:
        raise WeightsError(
            f'not floating point, as those of a quantized network: {listed(integers)}. Save the '
            'weights before they were quantized'
        )
    with np.errstate(over='ignore', invalid='ignore'):  # checked below
        weights = {name: x.float32().reshape(_flat(name, x.shape)) for name, x in tensors.items()}
    check_finite(weights)
    for kind, digits in ('float16', 'three digits'), ('bfloat16', 'two digits'):
        if any(x.kind == kind for x in tensors.values()):
            _logger.warning('The numbers in %s are %s, so they have %s', path, kind, digits)
    return weights


def _common_prefix(names: Mapping[str, object]) -> str:
    return next((x for x in _PREFIXES if all(name.startswith(x) for name in names)), '')


def _flat(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    # MegEngine's biases are 1xCx1x1.
    if name.endswith('.bias') and len(shape) == 4 and shape[0] == shape[2] == shape[3] == 1:
        return shape[1:2]
    return shape
