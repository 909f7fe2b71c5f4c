# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files of safetensors."""

from __future__ import annotations

from functools import partial
from typing import Any

from crestereo_ros.weights.errors import WeightsError
from crestereo_ros.weights.stored_array import BFLOAT16, dtype_of, StoredArray, view

_KINDS = {'F64': 'float64', 'F32': 'float32', 'F16': 'float16', 'BF16': BFLOAT16, 'BOOL': 'bool'}
_KINDS |= {
    f'{letter}{bits}': f'{name}{bits}'
    for letter, name in (('I', 'int'), ('U', 'uint'))
    for bits in (8, 16, 32, 64)
}


def read_safetensors(content: bytes) -> dict[str, StoredArray]:
    """
    Read the tensors of a file by name.

    :param content: of the file
    :raises WeightsError: where it is damaged, or its numbers are of an unknown type
    :raises ImportError: where the library is not installed
    """
    from safetensors import deserialize, SafetensorError

    try:
        tensors = deserialize(content)
    except SafetensorError as error:
        raise WeightsError(f'it is damaged ({error})') from error
    return {name: _array(name, tensor) for name, tensor in tensors}


def _array(name: str, tensor: dict[str, Any]) -> StoredArray:
    if tensor['dtype'] not in _KINDS:
        raise WeightsError(f'{name} holds {tensor["dtype"]}: convert it to F32 and save it again')
    kind, shape = _KINDS[tensor['dtype']], tuple(tensor['shape'])
    read = partial(view, bytes(tensor['data']), dtype_of(kind, '<'), shape)
    return StoredArray(kind, shape, read)
