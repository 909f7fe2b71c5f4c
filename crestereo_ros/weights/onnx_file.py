# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Weights out of a CREStereo file of the ONNX zoo, whatever it calls them.

Exporters and simplifiers change names, and repeat a weight for each use or share it. What stays
is its shape and its place: each weight is known by its shape, and among those of one shape by the
order in which the graph first uses them, which is the order of the network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from crestereo_ros.weights.errors import WeightsError
from crestereo_ros.weights.parameters import parameter_shapes

_ONCE_AN_UPDATE = 'update_block.encoder.convc1.weight'
_MOST_ITERATIONS = 100


@dataclass(frozen=True)
class ZooFile:
    """
    What is in a file: `weights`, float32 by official name, and its number of `iterations`.

    `two_passes`: whether a second pass follows that starts from the first one's output
    (`combined`).
    """

    weights: dict[str, np.ndarray]
    iterations: int
    two_passes: bool


def read_zoo_file(path: Path) -> ZooFile:
    """
    Read an `init` or `combined` file of the published network.

    Raises WeightsError for anything else: among them `next` files, which have no weights for the
    coarse stages.
    """
    try:
        model = onnx.load(path)
    except OSError:
        raise
    except Exception as error:  # of protobuf, whose Python package is not ours to import
        raise WeightsError(f'{path} is no ONNX file, or is cut') from error
    inputs = len(model.graph.input)
    if inputs == 3:
        raise WeightsError(
            f'{path} is a `next` file: it has no weights for the coarse stages. '
            'Import an `init` or `combined` file'
        )
    uses = list(_uses(model.graph))
    found: dict[tuple[int, ...], dict[bytes, list[np.ndarray]]] = {}
    for parameters in uses:
        same_shape = found.setdefault(parameters[0].shape, {})
        same_shape.setdefault(b''.join(x.tobytes() for x in parameters), parameters)

    weights, missing = {}, []
    for shape, layers in _layers_by_shape().items():
        candidates = list(found.get(shape, {}).values())
        if len(candidates) != len(layers):
            missing.append(f'{len(candidates)} and not {len(layers)} of {layers[0]} {shape}')
            continue
        for layer, (weight, *bias) in zip(layers, candidates, strict=True):
            weights[f'{layer}.weight'] = weight.astype(np.float32)
            if bias:
                weights[f'{layer}.bias'] = bias[0].astype(np.float32)
    if missing:
        raise WeightsError(
            f'{path} has not the weights of the published network: ' + '; '.join(missing[:3])
        )
    updates = sum(x[0].shape == weights[_ONCE_AN_UPDATE].shape for x in uses)
    two_passes = inputs == 4
    for iterations in range(1, _MOST_ITERATIONS):
        if 2 * max(iterations // 2, 1) + (1 + two_passes) * iterations == updates:
            return ZooFile(weights, iterations, two_passes)
    raise WeightsError(f'{path} has {updates} updates, which no number of iterations explains')


def _layers_by_shape() -> dict[tuple[int, ...], list[str]]:
    # Layers of the published network by the shapes of their weights, in the network's order.
    layers: dict[tuple[int, ...], list[str]] = {}
    for name, shape in parameter_shapes({}).items():
        if name.endswith('.weight'):
            layers.setdefault(shape, []).append(name.removesuffix('.weight'))
    return layers


def _uses(graph: onnx.GraphProto) -> Iterator[list[np.ndarray]]:
    # Weight and bias of convolutions and layer norms, weight of linear layers, in PyTorch's
    # layout, each time that they are used.
    constants = _constants(graph)
    readers = {name: node for node in graph.node for name in node.input}
    for node in graph.node:
        given = [constants.get(name) for name in node.input]
        if node.op_type == 'Conv' and len(given) == 3 and not any(x is None for x in given[1:]):
            yield given[1:]
        elif node.op_type == 'MatMul' and given[1] is not None and given[1].ndim == 2:
            yield [given[1].T]
        elif node.op_type == 'LayerNormalization':
            yield given[1:]
        elif node.op_type == 'Mul':
            # The end of a layer norm that is written out.
            follower = readers.get(node.output[0])
            if follower is not None and follower.op_type == 'Add':
                added = [constants.get(name) for name in follower.input]
                norm = [x for x in (*given, *added) if x is not None and x.ndim == 1]
                if len(norm) == 2:
                    yield norm


def _constants(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    constants = {x.name: numpy_helper.to_array(x) for x in graph.initializer}
    for node in graph.node:
        if node.op_type == 'Constant' and node.attribute[0].HasField('t'):
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        elif node.op_type == 'Identity' and node.input[0] in constants:
            constants[node.output[0]] = constants[node.input[0]]
    return constants
