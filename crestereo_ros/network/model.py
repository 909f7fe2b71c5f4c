# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Builds this project's model file, whose size and iterations are chosen at run time."""

from collections.abc import Iterable, Mapping

import numpy as np
import onnx
from spox import argument, Tensor
import spox.opset.ai.onnx.v17 as op

from crestereo_ros.network.arithmetic import Float32
from crestereo_ros.network.cascade import Cascade
from crestereo_ros.network.graph import choose
from crestereo_ros.network.weights import Weights

# The oldest format with opset 16, for the ONNX Runtime of older distributions.
IR_VERSION = 8


def build_model(
    weights: Mapping[str, np.ndarray],
    *,
    sign_flips: bool,
    metadata: Mapping[str, str],
    arithmetic: Float32 | None = None,
) -> onnx.ModelProto:
    """
    Build the run-time-sized ONNX file of a network.

    Every weight is an initializer under its own name, see `Constants`. The weights of a gate are
    two, `NAME.context.weight` and `NAME.changing.weight`. What convolutions of another number
    format need besides the weight is called `NAME.weight.scale`, `NAME.input.scale` and so on.

    The file's inputs, in this order (opset 16):

    - `left`, `right`: float32 (1, 3, H, W), BGR, 0..255, H and W multiples of 4, at least 16
    - `flow_init`: float32 (1, 2, h, w) of any size, an earlier output to start from; coarse
      iterations ignore it
    - `coarse_iterations`: int64 (), updates at 1/16, and the same number at 1/8; 0 starts from
      `flow_init`
    - `fine_iterations`: int64 (), updates at 1/4

    Its output `disparity` is float32 (1, 2, H, W): the disparity in pixels of W, positive to
    the left, and the vertical part. The published `iters` N is coarse N // 2, fine N, and with
    `flow_init` coarse 0, fine N.

    Weights trained in this project may have two parts besides the official ones. With a
    `row_search`, coarse iterations start at the best match in the full row instead of at zero.
    With an `error_head`, there is a second output, `confidence`, float32 (1, 1, H, W): the
    probability, 0..1, that the error of the disparity is below one pixel of W, if it has a
    Laplacian distribution with the scale that the network predicts.

    :param weights: arrays in PyTorch's layout by official parameter name. Their shapes define
        all widths: any multiple of 8 for the features, half of which are hidden state and half
        context.
    :param sign_flips: True for the official weights, which were trained with the flow negated
        from one stage to the next; False for weights trained in this project
    :param metadata: the file's metadata_props; `crestereo.sign_flips` is added
    :param arithmetic: how to compute the convolutions: `Float32()`, the default, `Winograd()` or
        `Float16()`
    :raises KeyError: if a weight is missing; the error has its name
    """
    images = Tensor(np.float32, (1, 3, 'height', 'width'))
    inputs = {
        'left': argument(images),
        'right': argument(images),
        'flow_init': argument(Tensor(np.float32, (1, 2, 'init_height', 'init_width'))),
        'coarse_iterations': argument(Tensor(np.int64, ())),
        'fine_iterations': argument(Tensor(np.int64, ())),
    }
    left, right, flow_init, coarse, fine = inputs.values()
    parameters = Weights(weights, arithmetic)
    network = Cascade(left, right, parameters, sign_flips)
    flow = choose(
        op.greater(coarse, op.const(0, np.int64)),
        lambda: network.coarse_flow(coarse),
        lambda: network.flow_from(flow_init),
    )
    outputs = network.outputs(flow, fine)
    model = parameters.constants.build(inputs, outputs)
    finish(model, metadata, sign_flips)
    name_sizes(model, outputs, 'height', 'width')
    return model


def finish(model: onnx.ModelProto, metadata: Mapping[str, str], sign_flips: bool) -> None:
    """Set the format and the metadata of a built model, with what `weights.read_model` needs."""
    model.ir_version = IR_VERSION
    for key, value in {**metadata, 'crestereo.sign_flips': str(int(sign_flips))}.items():
        model.metadata_props.add(key=key, value=value)


def name_sizes(
    model: onnx.ModelProto, outputs: Iterable[str], height: int | str, width: int | str
) -> None:
    """
    Set the shapes of the outputs, which Spox does not always know.

    :param outputs: the names of the outputs, the disparity first
    """
    del model.graph.output[:]
    for name, channels in zip(outputs, (2, 1), strict=False):
        shape: list[int | str | None] = [1, channels, height, width]
        model.graph.output.append(
            onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        )
