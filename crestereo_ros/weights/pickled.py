# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
A pickle as plain data: nothing that it names is imported, and nothing in it is called.

Python's own unpickler, in C, gives out classes and functions that a pickle can then change with
the opcode BUILD, and allocates as much memory as a pickle announces. This one is in Python and
knows only the opcodes of plain data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import io
import pickle
from typing import Any, ClassVar, NamedTuple

from crestereo_ros.weights.errors import WeightsError

_ORDERED_DICT = 'collections.OrderedDict'
_HOW_TO_SAVE = 'Save the state dict on its own: torch.save(network.state_dict(), FILE)'
_LEFT_OUT = ('OBJ', 'INST', 'NEWOBJ', 'NEWOBJ_EX', 'EXT1', 'EXT2', 'EXT4')  # make objects


class Reference(NamedTuple):
    """What lies beside the pickle, by its persistent identifier."""

    identifier: Any


@dataclass(eq=False)
class Call:
    """A call that the pickle asks for: of a name, with arguments; and what BUILD adds to it."""

    name: str
    arguments: tuple[Any, ...]
    state: Any = None


def read_pickle(content: bytes, known: frozenset[str]) -> object:
    """
    Read a pickle of dicts, lists, tuples, texts and numbers.

    :param known: names of classes and functions, with their modules, that may occur
    :returns: what the pickle holds, with a `Call` where it asks for one and a `Reference` where
        something lies beside it. An OrderedDict comes as a dict
    :raises WeightsError: where it names anything else
    :raises Exception: of any kind where the pickle is damaged
    """
    return _Unpickler(io.BytesIO(content), known).load()


class _Unpickler(pickle._Unpickler):
    stack: list[Any]

    def __init__(self, file: io.BytesIO, known: frozenset[str]) -> None:
        super().__init__(file)
        self._known = known | {_ORDERED_DICT}

    def find_class(self, module: str, name: str) -> str:
        full = f'{module}.{name}'
        if full in self._known:
            return full
        if module.partition('.')[0] == 'torch' and name.endswith(('Storage', 'tensor', '_v3')):
            raise WeightsError(
                f'it holds {full}, which is not a plain tensor of floating point. Convert the '
                'tensors (.to_dense(), .float()) and save them again'
            )
        raise WeightsError(
            f'it holds {full}, which could be any code, not tensors alone. {_HOW_TO_SAVE}'
        )

    def persistent_load(self, pid: object) -> Reference:
        return Reference(pid)

    def load_reduce(self) -> None:
        arguments = self.stack.pop()
        name = self.stack[-1]
        if (
            not isinstance(name, str)
            or name not in self._known
            or not isinstance(arguments, tuple)
        ):
            raise pickle.UnpicklingError('what is called has no name')
        self.stack[-1] = {} if name == _ORDERED_DICT else Call(name, arguments)

    def load_build(self) -> None:
        state = self.stack.pop()
        if isinstance(self.stack[-1], Call):
            self.stack[-1].state = state
        elif not isinstance(self.stack[-1], dict):  # the state of an OrderedDict is not needed
            raise pickle.UnpicklingError('a state belongs to nothing')

    dispatch: ClassVar[dict[int, Callable[..., None]]] = {
        code: load
        for code, load in pickle._Unpickler.dispatch.items()
        if code not in {getattr(pickle, name)[0] for name in _LEFT_OUT}
    }
    dispatch[pickle.REDUCE[0]] = load_reduce
    dispatch[pickle.BUILD[0]] = load_build
    # As bytes. The method for it makes room for as many as are announced.
    dispatch[pickle.BYTEARRAY8[0]] = dispatch[pickle.BINBYTES8[0]]
