# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Constants of a graph that keep their names in the file, so they can be read back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import onnx
from onnx import numpy_helper
from spox import argument, build, Tensor, Var

COPY = '/'  # between the name of a constant and the number of a further copy


class Constants:
    """
    Named constants of the graphs of one model.

    Spox chooses the names of its own constants. So these are arguments while the graph is written,
    and `build` turns them into initializers of every graph that uses them: the main one, a branch
    or the body of a loop. ONNX Runtime prepares weights for its fast kernels only if they are in
    the graph that uses them.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, np.ndarray] = {}
        self._variables: dict[str, Var] = {}

    def named(self, name: str, array: np.ndarray) -> Var:
        """
        Return a constant.

        :param name: the name; for a known one, the result is the existing constant
        """
        if name not in self._variables:
            self._arrays[name] = array
            self._variables[name] = argument(Tensor(array.dtype, array.shape))
        return self._variables[name]

    def build(self, inputs: Mapping[str, Var], outputs: Mapping[str, Var]) -> onnx.ModelProto:
        """
        Build the model.

        A constant that several graphs use has a copy in each. The first keeps the name; the
        others are called `NAME/2`, `NAME/3` and so on.

        :param inputs: by name, without the constants
        :param outputs: by name
        """
        model = build({**inputs, **self._variables}, dict(outputs))
        arguments = [x for x in model.graph.input if x.name not in self._arrays]
        del model.graph.input[:]
        model.graph.input.extend(arguments)
        self._place(model.graph, Counter())
        return model

    def _place(self, graph: onnx.GraphProto, copies: Counter[str]) -> None:
        placed: dict[str, str] = {}
        for node in graph.node:
            for name in self._arrays.keys() & set(node.input) - placed.keys():
                copies[name] += 1
                number = copies[name]
                placed[name] = name if number == 1 else f'{name}{COPY}{number}'
            node.input[:] = [placed.get(name, name) for name in node.input]
        for name, own_name in placed.items():
            graph.initializer.append(numpy_helper.from_array(self._arrays[name], own_name))
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.HasField('g'):
                    self._place(attribute.g, copies)
