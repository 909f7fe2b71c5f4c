# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Weights out of a model file of this project, by the names of its initializers.

`crestereo_ros.network.build_model` says how they are named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from crestereo_ros.weights.errors import WeightsError
from crestereo_ros.weights.onnx_file import load
from crestereo_ros.weights.parameters import check_finite, check_parameters, parameter_shapes

FLOAT32, FLOAT16 = NUMBER_FORMATS = ('fp32', 'fp16')
# Parts that the published network does not have.
_OWN_PARTS = ('row_search.', 'error_head.')
_GATES = tuple(f'update_block.gru.conv{gate}{direction}' for direction in (1, 2) for gate in 'zrq')


@dataclass(frozen=True, eq=False)
class ModelFile:
    """
    What a model file of this project holds.

    `weights`: float32 arrays by name. `sign_flips`: see `build_model`. `metadata`: all of the
    file's. `number_format`: that of the convolutions, one of `NUMBER_FORMATS`.
    """

    weights: dict[str, np.ndarray]
    sign_flips: bool
    metadata: dict[str, str]
    number_format: str


def read_model(path: Path) -> ModelFile:
    """
    Read a model file that this project wrote: run-time-sized, frozen, shipped or imported.

    Weights in half precision come as float32.

    :raises WeightsError: for any other file, among them those of versions that did not keep the
        names
    """
    model = load(path)
    metadata = {x.key: x.value for x in model.metadata_props}
    sign_flips = metadata.get('crestereo.sign_flips')
    if sign_flips not in ('0', '1'):
        raise WeightsError(
            f'{path} does not keep the names of its weights: it was made by another project, or '
            'by an older version of this one. Import the weights again, or take a newer file'
        )
    try:
        constants = {x.name: numpy_helper.to_array(x) for x in _initializers(model.graph)}
        layers = [x.removesuffix('.weight') for x in constants if x.endswith('.weight')]
        found = dict(_real_weights(constants))
        weights = _whole_gates(found)
        official = {x: a for x, a in weights.items() if not x.startswith(_OWN_PARTS)}
        check_parameters({name: array.shape for name, array in official.items()})
        check_finite(weights)
    except WeightsError as error:
        raise WeightsError(f'{path} is damaged: {error}') from error
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f'{path} is damaged: {error!r}') from error
    halves = any(constants[f'{layer}.weight'].dtype == np.float16 for layer in layers)
    return ModelFile(weights, sign_flips == '1', metadata, FLOAT16 if halves else FLOAT32)


def _initializers(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    # Of the graph and of all graphs in it.
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField('g'):
                yield from _initializers(attribute.g)


def _real_weights(constants: Mapping[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    # Float32 parameters, in the order of the graph. Names of further copies end otherwise.
    for name, array in constants.items():
        if name.endswith(('.weight', '.bias', '.log_scale')):
            yield name, array.astype(np.float32)


def _whole_gates(found: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    # The inputs of a gate are hidden state, context and motion. The graph convolves the context
    # apart from the two that change.
    weights = dict(found)
    for gate in _GATES:
        context = weights.pop(f'{gate}.context.weight')
        hidden = len(context)
        changing = weights.pop(f'{gate}.changing.weight')
        parts = [changing[:, :hidden], context, changing[:, hidden:]]
        weights[f'{gate}.weight'] = np.concatenate(parts, axis=1)
        weights[f'{gate}.bias'] = weights.pop(f'{gate}.context.bias')
    order = parameter_shapes({})
    names = [*(x for x in order if x in weights), *(x for x in weights if x not in order)]
    return {name: weights[name] for name in names}
