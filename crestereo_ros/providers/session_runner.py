# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Runs a session, and keeps on the device what the next run uses.

Source: onnxruntime.ai/docs/api/python/api_summary.html, IOBinding; for CUDA graphs
onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html#using-cuda-graphs-preview.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Protocol

import numpy as np

from crestereo_ros.models.tensors import Array, DeviceArray, TYPES
from crestereo_ros.providers.engine import Engine, NVIDIA
from crestereo_ros.providers.runtime import onnxruntime


class Runner(Protocol):
    """Runs a network once. Several threads may call it at a time."""

    def __call__(self, inputs: Sequence[Array], options: onnxruntime.RunOptions) -> list[Array]:
        """
        Run the network.

        :param inputs: in the order of the file
        :param options: with the flag that terminates the run
        :returns: the requested outputs
        :raises Exception: whatever ONNX Runtime raises
        """


def runner_of(
    session: onnxruntime.InferenceSession, engine: Engine, outputs: Sequence[str]
) -> Runner:
    """Choose how to run a session: bound to the memory of NVIDIA GPUs, or else through NumPy."""
    if engine.provider not in NVIDIA:
        return PlainRunner(session, outputs)
    kind = FixedRunner if engine.cuda_graph else BoundRunner
    return kind(session, outputs, 'cuda', int(engine.device or 0))


class PlainRunner:
    """Passes NumPy arrays in and out."""

    def __init__(self, session: onnxruntime.InferenceSession, outputs: Sequence[str]) -> None:
        self._session = session
        self._names = [x.name for x in session.get_inputs()]
        self._outputs = outputs

    def __call__(self, inputs: Sequence[Array], options: onnxruntime.RunOptions) -> list[Array]:
        feeds = dict(zip(self._names, map(np.asarray, inputs), strict=True))
        return self._session.run(self._outputs, feeds, options)


class BoundRunner(PlainRunner):
    """Leaves the outputs on the device, where the next run may use them."""

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        outputs: Sequence[str],
        device: str,
        device_id: int = 0,
    ) -> None:
        """
        Remember where the outputs stay.

        :param device: ONNX Runtime's name of the memory: 'cuda' or 'cpu'
        :param device_id: its number
        """
        super().__init__(session, outputs)
        self._device = device, device_id

    def __call__(self, inputs: Sequence[Array], options: onnxruntime.RunOptions) -> list[Array]:
        binding = self._session.io_binding()
        for name, x in zip(self._names, inputs, strict=True):
            if isinstance(x, DeviceArray):
                binding.bind_ortvalue_input(name, x.value)
            else:
                binding.bind_cpu_input(name, x)
        for name in self._outputs:
            binding.bind_output(name, *self._device)
        self._session.run_with_iobinding(binding, options)
        return [DeviceArray(value) for value in binding.get_outputs()]


class FixedRunner:
    """
    Runs with the same memory each time, as a recorded CUDA graph requires.

    Only for a file whose shapes are all fixed. It runs once at a time.
    """

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        outputs: Sequence[str],
        device: str,
        device_id: int = 0,
    ) -> None:
        """
        Reserve the memory.

        :param device: ONNX Runtime's name of the memory: 'cuda' or 'cpu'
        :param device_id: its number
        """
        self._session = session
        self._lock = Lock()
        self._binding = session.io_binding()
        nodes = {x.name: x for x in session.get_outputs()}
        self._inputs = [self._value(x, device, device_id) for x in session.get_inputs()]
        self._outputs = [self._value(nodes[name], device, device_id) for name in outputs]
        for x, value in zip(session.get_inputs(), self._inputs, strict=True):
            self._binding.bind_ortvalue_input(x.name, value)
        for name, value in zip(outputs, self._outputs, strict=True):
            self._binding.bind_ortvalue_output(name, value)

    def __call__(self, inputs: Sequence[Array], options: onnxruntime.RunOptions) -> list[Array]:
        with self._lock:
            for value, x in zip(self._inputs, inputs, strict=True):
                value.update_inplace(np.asarray(x))
            self._session.run_with_iobinding(self._binding, options)
            # Copies, because the next run writes into the same memory.
            return [value.numpy().copy() for value in self._outputs]

    @staticmethod
    def _value(node: onnxruntime.NodeArg, device: str, device_id: int) -> onnxruntime.OrtValue:
        return onnxruntime.OrtValue.ortvalue_from_shape_and_type(
            node.shape, TYPES[node.type], device, device_id
        )
