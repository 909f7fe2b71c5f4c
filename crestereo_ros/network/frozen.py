# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Builds a whole match as one graph of one size, which OpenVINO, TensorRT and CUDA run best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from spox import argument, Tensor, Var
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.arithmetic import Float32
from crestereo_ros.network.cascade import Cascade
from crestereo_ros.network.graph import f32, i64
from crestereo_ros.network.model import finish, name_sizes
from crestereo_ros.network.weights import Weights

Size = tuple[int, int]  # (height, width)


def build_frozen_model(
    weights: Mapping[str, np.ndarray],
    *,
    sizes: Sequence[Size],
    iterations: int,
    sign_flips: bool,
    metadata: Mapping[str, str],
    takes_start: bool = False,
    arithmetic: Float32 | None = None,
) -> onnx.ModelProto:
    """
    Build a file of fixed size and iterations that contains every pass of a match.

    Its inputs are float32, BGR, 0..255: `left` and `right`, (1, 3, H, W). That is the contract of
    the zoo's `init` files. The graph itself resizes the images for the earlier passes, bilinearly
    with aligned corners. With `takes_start` there is only the last pass, and a third input,
    `flow_init` (1, 2, H / 2, W / 2), an earlier output at half the size: the contract of `next`.

    The output `output` is float32 (1, 2, H, W), like `disparity` of `build_model`. A network with
    an error head has a second output, `confidence`, which the zoo does not have. The updates are
    unrolled, there is no control flow, and all shapes are fixed.

    :param weights: see `build_model`
    :param sizes: (height, width) of the passes in order. The last one is the file's size, a
        multiple of 4; all are at least 16
    :param iterations: updates at 1/4 in every pass; half as many, but at least one, run at 1/16
        and at 1/8 in the first pass
    :param sign_flips: see `build_model`
    :param metadata: see `build_model`; `crestereo.iterations` is added
    :param takes_start: see above
    :param arithmetic: see `build_model`; `Winograd()` has no advantage here
    :raises ValueError: if a size or the iterations are not allowed
    :raises KeyError: if a weight is missing; the error has its name
    """
    for index, (height, width) in enumerate(sizes, start=1):
        is_last = index == len(sizes)
        if min(height, width) < 16 or (is_last and (height % 4 or width % 4)):
            raise ValueError(
                f'height and width must be multiples of 4 and at least 16: {height}x{width}'
            )
    if iterations < 1:
        raise ValueError(f'iterations must be at least 1: {iterations}')
    parameters = Weights(weights, arithmetic)
    height, width = sizes[-1]
    left, right = (argument(Tensor(np.float32, (1, 3, height, width))) for _ in range(2))
    inputs = {'left': left, 'right': right}
    pairs = [(left, right)]
    if takes_start:
        sizes = sizes[-1:]
        inputs['flow_init'] = argument(Tensor(np.float32, (1, 2, height // 2, width // 2)))
    for before, size in zip(sizes[:0:-1], sizes[-2::-1], strict=True):
        left, right = (_resized(image, before, size) for image in (left, right))
        pairs.append((left, right))

    outputs: dict[str, Var] = {}
    for index, size in enumerate(sizes):
        left, right = pairs.pop()
        network = Cascade(left, right, parameters, sign_flips)
        if index:
            flow = network.flow_from(_stretched(outputs['disparity'], sizes[index - 1], size))
        elif takes_start:
            flow = network.flow_from(inputs['flow_init'])
        else:
            flow = network.coarse_flow(max(1, iterations // 2))
        outputs = network.outputs(flow, iterations)

    outputs = {'output': outputs.pop('disparity'), **outputs}
    model = parameters.constants.build(inputs, outputs)
    finish(model, {**metadata, 'crestereo.iterations': str(iterations)}, sign_flips)
    name_sizes(model, outputs, height, width)
    share_constants(model.graph)
    write_sizes(model)
    return model


def _resized(image: Var, before: Size, size: Size) -> Var:
    # The arithmetic of `matching.images.resize_aligned`. ONNX's Resize rounds the positions to
    # float32, which differs by up to some thousandths of a grey value.
    for axis, (old, new) in enumerate(zip(before, size, strict=True), start=2):
        position = np.linspace(0, old - 1, new)
        low = np.minimum(position.astype(np.int64), old - 2)
        share = (position - low).reshape([-1 if a == axis else 1 for a in range(4)])
        below, above = (
            op.gather(image, op.const(index, np.int64), axis=axis) for index in (low, low + 1)
        )
        image = op.add(below, op.mul(op.sub(above, below), f32(share)))
    return image


def _stretched(disparity: Var, before: Size, size: Size) -> Var:
    # The network scales both parts by the ratio of the heights, see `upsampling.resize`. So does
    # the published network after halving.
    ratio = size[1] / before[1] / (size[0] / before[0])
    if ratio == 1 or before == (size[0] // 2, size[1] // 2):
        return disparity
    return op.mul(disparity, op.reshape(f32([ratio, 1]), i64(1, 2, 1, 1)))


def write_sizes(model: onnx.ModelProto) -> None:
    """Give every Resize its size as a constant: ONNX Runtime 1.23 loses one that is computed."""
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {
        x.name: [dimension.dim_value for dimension in x.type.tensor_type.shape.dim]
        for x in inferred.value_info
    }
    for node in model.graph.node:
        shape = shapes.get(node.output[0], [])
        if node.op_type == 'Resize' and shape and all(shape):
            name = f'{node.name}_sizes'
            sizes = onnx.numpy_helper.from_array(np.array(shape, np.int64), name)
            model.graph.initializer.append(sizes)
            node.input[3] = name


def share_constants(graph: onnx.GraphProto) -> None:
    """Merge equal constants into one initializer, because every pass and stage has its own."""
    shared: dict[bytes, str] = {}
    renamed: dict[str, str] = {}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == 'Constant':
            tensor, name = node.attribute[0].t, node.output[0]
            tensor.ClearField('name')
            renamed[name] = shared.setdefault(tensor.SerializeToString(deterministic=True), name)
        else:
            nodes.append(node)
    for node in nodes:
        node.input[:] = [renamed.get(name, name) for name in node.input]
    del graph.node[:]
    graph.node.extend(nodes)
    for content, name in shared.items():
        tensor = onnx.TensorProto.FromString(content)
        tensor.name = name
        graph.initializer.append(tensor)
