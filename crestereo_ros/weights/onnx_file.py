# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Weights out of an ONNX file of the published network, whatever it calls them.

Exporters and simplifiers change names, repeat a weight for each use or share it, and multiply
constant factors into convolutions. A weight keeps its shape and its place: its shape, and how
much an average pool in front of it reduces its input, tell most of them apart. Those that are
alike in both are told apart by the order in which the graph first uses them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.external_data_helper import load_external_data_for_model

from crestereo_ros.weights.errors import WeightsError
from crestereo_ros.weights.parameters import check_finite, listed, parameter_shapes, shape_text

_ONCE_AN_UPDATE = 'update_block.encoder.convc1.weight'
_MOST_ITERATIONS = 100
_LARGEST = 2048  # px; side of an image that is tried
_QUANTIZED = ('INT8', 'UINT8', 'INT4', 'UINT4', 'INT2', 'UINT2', 'FLOAT8', 'FLOAT4')
_MOST_POOLS = 4  # and paddings, one after another
# By how much the pool in front of a layer reduces its input, where there is one.
_REDUCTIONS = {'conv_offset_16': 4, 'conv_offset_8': 2}
# The layer whose output the network multiplies by a constant. A simplifier may have multiplied
# its weights instead. PyTorch's weights are those before the multiplication.
_SCALED = 'update_block.mask.2'
_SCALE = 0.25

# Shape of the weight, and the reduction of its input.
Place = tuple[tuple[int, ...], int]


@dataclass(frozen=True)
class ZooFile:
    """
    What a file holds.

    `weights` are float32 arrays by official name. `iterations` is the file's own number of them.
    `two_passes`: whether a second pass starts from the output of the first (`combined`).
    """

    weights: dict[str, np.ndarray]
    iterations: int
    two_passes: bool


@dataclass(frozen=True, eq=False)
class _Use:
    """
    One use of a layer: its weight and, if it has one, its bias.

    `reduction` is how much an average pool in front reduces the input. `scale` is the constant
    that multiplies the output.
    """

    parameters: list[np.ndarray]
    reduction: int = 1
    scale: float = 1.0

    @property
    def place(self) -> Place:
        return self.parameters[0].shape, self.reduction

    @property
    def content(self) -> bytes:
        return b''.join(x.tobytes() for x in self.parameters)

    def is_multiple_of(self, other: _Use) -> bool:
        """Return whether these parameters are the other's times a power of two."""
        largest = [np.abs(x.parameters[0]).max() for x in (self, other)]
        if not (0 < min(largest) and np.isfinite(largest).all()):
            return False
        factor = largest[0] / largest[1]
        return float(np.log2(factor)).is_integer() and all(
            np.array_equal(mine, factor * theirs)
            for mine, theirs in zip(self.parameters, other.parameters, strict=True)
        )


def read_zoo_file(path: Path) -> ZooFile:
    """
    Read an ONNX file of the published network with the inputs of `init` or `combined`.

    :raises WeightsError: for anything else, among it `next` files, which have no weights for the
        coarse stages
    """
    graph = load(path).graph
    inputs = _inputs(path, graph)
    try:
        uses = list(_Graph(graph).uses())
    except WeightsError as error:
        raise WeightsError(f'{path} is damaged: {error}') from error
    found: dict[Place, dict[bytes, _Use]] = {}
    for use in uses:
        found.setdefault(use.place, {}).setdefault(use.content, use)

    weights, missing = {}, []
    for place, layers in _layers_by_place().items():
        candidates = list(found.get(place, {}).values())
        if len(candidates) > len(layers):
            candidates = _without_multiples(candidates)
        if len(candidates) != len(layers):
            missing.append(
                f'{len(candidates)} and not {len(layers)} of {layers[0]} {shape_text(place[0])}'
            )
            continue
        for layer, use in zip(layers, candidates, strict=True):
            factor = use.scale / _SCALE if layer == _SCALED else 1.0
            with np.errstate(over='ignore', invalid='ignore'):  # checked below
                for name, array in zip(('weight', 'bias'), use.parameters, strict=False):
                    weights[f'{layer}.{name}'] = array.astype(np.float32) * np.float32(factor)
    if missing:
        raise WeightsError(
            f'{path} does not have the weights of the published network: '
            + '; '.join(missing[:3])
            + _other_numbers(graph)
        )
    try:
        check_finite(weights)
    except WeightsError as error:
        raise WeightsError(f'{path}: {error}') from error
    updates = sum(x.parameters[0].shape == weights[_ONCE_AN_UPDATE].shape for x in uses)
    two_passes = inputs == 4
    for iterations in range(1, _MOST_ITERATIONS):
        if 2 * max(iterations // 2, 1) + (1 + two_passes) * iterations == updates:
            return ZooFile(weights, iterations, two_passes)
    raise WeightsError(f'{path} has {updates} updates, which no number of iterations explains')


def load(path: Path) -> onnx.ModelProto:
    """
    Load an ONNX file with its numbers.

    :raises WeightsError: where it cannot be read as one, or its numbers are in a file that is not
        beside it
    """
    if not path.stat().st_size:
        raise WeightsError(f'{path} is empty')
    try:
        model = onnx.load(path, load_external_data=False)
    except OSError:
        raise
    except Exception as error:  # of protobuf, whose Python package is not ours to import
        raise WeightsError(f'{path} is not an ONNX file, or is cut') from error
    beside = sorted(
        entry.value
        for tensor in model.graph.initializer
        for entry in tensor.external_data
        if entry.key == 'location'
    )
    try:
        load_external_data_for_model(model, str(path.parent))
    except Exception as error:  # onnx names no base of its errors
        raise WeightsError(
            f'{path} keeps its weights in another file, {beside[0] if beside else "unnamed"}, '
            f'which cannot be read: put it beside {path.name}, whole and under that name'
        ) from error
    return model


def _other_numbers(graph: onnx.GraphProto) -> str:
    # What else than numbers of floating point the weights may be kept as, '' if nothing.
    if graph.sparse_initializer:
        return '. It keeps weights as sparse tensors: save them as dense ones'
    kinds = {onnx.TensorProto.DataType.Name(x.data_type) for x in graph.initializer}
    quantized = sorted(x.lower() for x in kinds if x.startswith(_QUANTIZED))
    if not quantized:
        return ''
    return f'. It holds {listed(quantized)} as a quantized file does: import the one before that'


def _inputs(path: Path, graph: onnx.GraphProto) -> int:
    # How many images the file takes, which are checked.
    given = {x.name for x in graph.initializer}  # old files list them among the inputs too
    images = [x for x in graph.input if x.name not in given]
    if len(images) == 3:
        raise WeightsError(
            f'{path} is a `next` file: it has no weights for the coarse stages. '
            'Import an `init` or `combined` file'
        )
    if len(images) not in (2, 4):
        raise WeightsError(
            f'{path} has {len(images)} inputs: an `init` file has 2 and a `combined` file has 4'
        )
    shapes = []
    for image in images:
        sides = image.type.tensor_type.shape.dim
        shape = [x.dim_value for x in sides if x.HasField('dim_value')]
        text = shape_text([x.dim_value or x.dim_param or '?' for x in sides])
        about = f'the input {image.name} of {path} is {text}'
        if len(shape) < len(sides):
            raise WeightsError(f'{about}: export the network with a fixed size, as 1x3x480x640')
        if len(shape) != 4 or shape[:2] != [1, 3] or not all(0 < x <= _LARGEST for x in shape[2:]):
            raise WeightsError(f'{about}, not 1x3xHxW with at most {_LARGEST} pixels a side')
        shapes.append(shape)
    for left, right in zip(shapes[::2], shapes[1::2], strict=True):
        if left != right:
            raise WeightsError(
                f'the left input of {path} is {shape_text(left)} and the right one '
                f'{shape_text(right)}: they must be of one size'
            )
    return len(images)


def _layers_by_place() -> dict[Place, list[str]]:
    # Layers of the published network, in the network's order.
    layers: dict[Place, list[str]] = {}
    for name, shape in parameter_shapes({}).items():
        if name.endswith('.weight'):
            layer = name.removesuffix('.weight')
            layers.setdefault((shape, _REDUCTIONS.get(layer, 1)), []).append(layer)
    return layers


def _without_multiples(uses: list[_Use]) -> list[_Use]:
    # Simplifiers multiply constants into the convolutions of the first updates, whose flow
    # starts from zero. Those that are used last are the network's own.
    return [
        use
        for index, use in enumerate(uses)
        if not any(use.is_multiple_of(later) for later in uses[index + 1 :])
    ]


class _Graph:
    """An ONNX graph, and the parameters that its layers use."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        """
        Read the constants.

        :raises WeightsError: where the numbers of one do not fit its shape, or a node is damaged
        """
        for node in graph.node:
            if not node.output or not (node.input or node.op_type.startswith('Constant')):
                raise WeightsError(f'{node.op_type} {node.name} has no input or no output')
        self._nodes = graph.node
        self._makers = {name: node for node in graph.node for name in node.output}
        self._readers: dict[str, list[onnx.NodeProto]] = {}
        for node in graph.node:
            for name in node.input:
                self._readers.setdefault(name, []).append(node)
        self._constants = {x.name: _array(x, x.name) for x in graph.initializer}
        for node in graph.node:
            self._add_constant(node)

    def _add_constant(self, node: onnx.NodeProto) -> None:
        attributes = {x.name: x for x in node.attribute}
        if node.op_type == 'Constant' and 'value' in attributes:
            self._constants[node.output[0]] = _array(attributes['value'].t, node.output[0])
        elif node.op_type in ('Identity', 'Transpose') and node.input[0] in self._constants:
            array = self._constants[node.input[0]]
            if node.op_type == 'Transpose':
                axes = attributes['perm'].ints if 'perm' in attributes else None
                if axes is not None and sorted(axes) != list(range(array.ndim)):
                    raise WeightsError(f'{node.name} transposes axes that do not exist')
                array = array.transpose(axes)
            self._constants[node.output[0]] = array

    def uses(self) -> Iterator[_Use]:
        """
        Give convolutions, layer norms and linear layers, each time that they are used.

        Their parameters are in PyTorch's layout, weight first.
        """
        for node in self._nodes:
            given = [self._constants.get(name) for name in node.input]
            constants = [x for x in given[1:] if x is not None]
            if node.op_type == 'Conv' and len(constants) == 2:
                yield _Use(constants, self._reduction(node.input[0]), self._scale(node.output[0]))
            elif node.op_type == 'MatMul' and len(constants) == 1 and constants[0].ndim == 2:
                yield _Use([constants[0].T])
            elif node.op_type == 'LayerNormalization' and len(constants) == 2:
                yield _Use(constants)
            elif node.op_type == 'Mul':
                # The end of a layer norm that is written out.
                for reader in self._readers.get(node.output[0], ())[:1]:
                    added = [self._constants.get(name) for name in reader.input]
                    norm = [x for x in (*given, *added) if x is not None and x.ndim == 1]
                    if reader.op_type == 'Add' and len(norm) == 2:
                        yield _Use(norm)

    def _reduction(self, name: str) -> int:
        # The product of the average pools that lead to a tensor. Some exporters pad apart.
        reduction = 1
        for _ in range(_MOST_POOLS):
            node = self._makers.get(name)
            if node is None or node.op_type not in ('AveragePool', 'Pad'):
                break
            strides = [x.ints for x in node.attribute if x.name == 'strides']
            reduction *= strides[0][0] if strides and strides[0] else 1
            name = node.input[0]
        return reduction

    def _scale(self, name: str) -> float:
        # The constant that multiplies a tensor, where all that reads it is this multiplication.
        readers = self._readers.get(name, [])
        if len(readers) != 1 or readers[0].op_type != 'Mul':
            return 1.0
        given = [self._constants.get(x) for x in readers[0].input]
        factors = [float(x.item()) for x in given if x is not None and x.size == 1]
        return factors[0] if factors else 1.0


def _array(tensor: onnx.TensorProto, name: str) -> np.ndarray:
    try:
        return numpy_helper.to_array(tensor)
    except (KeyError, TypeError, ValueError) as error:
        shape = shape_text(tensor.dims)
        raise WeightsError(
            f'the numbers of {name} do not fit its type or shape {shape}'
        ) from error
