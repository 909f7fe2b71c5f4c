# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of CREStereo: their official names and, for given widths, their shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
import math

import numpy as np

from crestereo_ros.weights.errors import WeightsError

# Layers whose number of outputs is a width of the network, with the official widths.
_WIDTHS = {
    'fnet.layer1.0.conv1': 64,
    'fnet.layer2.0.conv1': 96,
    'fnet.layer3.0.conv1': 128,
    'fnet.conv2': 256,
    'update_block.encoder.convc1': 256,
    'update_block.encoder.convc2': 192,
    'update_block.encoder.convf1': 128,
    'update_block.encoder.convf2': 64,
    'update_block.flow_head.conv1': 256,
    'update_block.mask.0': 256,
}
_FEATURES, _MULTIPLE = 'fnet.conv2', 8  # of its outputs: half are hidden, in four groups
_NAMED_AT_ONCE = 4


def check_parameters(shapes: Mapping[str, tuple[int, ...]]) -> None:
    """
    Check that parameters are those of a CREStereo, of the published widths or narrower.

    :param shapes: shapes of the parameters by name
    :raises WeightsError: which names what is missing, what is unknown, and what has another
        shape than the rest of the network asks for
    """
    for layer, official in _WIDTHS.items():
        width = math.prod(shapes.get(f'{layer}.bias', (official,)))
        multiple = _MULTIPLE if layer == _FEATURES else 1
        if not 0 < width <= official or width % multiple:
            raise WeightsError(
                f'{layer} has {width} outputs: it can have 1 to {official}, as many as the '
                'published network' + f', in multiples of {multiple}' * (multiple > 1)
            )
    expected = parameter_shapes(shapes)
    wrong = [
        f'{name} is {shape_text(shapes[name])}, not {shape_text(shape)}'
        for name, shape in expected.items()
        if name in shapes and shapes[name] != shape
    ]
    complaints = [
        f'{what} {listed(names)}'
        for what, names in (
            ('missing:', [name for name in expected if name not in shapes]),
            ('unknown:', [name for name in shapes if name not in expected]),
            ('of another shape:', wrong),
        )
        if names
    ]
    if complaints:
        raise WeightsError('not the parameters of CREStereo: ' + '; '.join(complaints))


def check_finite(weights: Mapping[str, np.ndarray]) -> None:
    """
    Check that all weights are numbers.

    :raises WeightsError: which names the parameters that hold nan or infinity
    """
    bad = [name for name, array in weights.items() if not np.isfinite(array).all()]
    if bad:
        raise WeightsError(f'not all numbers are finite (nan or infinity) in {listed(bad)}')


def shape_text(shape: Sequence[object]) -> str:
    """Write a shape as messages have it, 64x3x7x7."""
    return 'x'.join(map(str, shape)) or 'a single number'


def listed(names: list[str]) -> str:
    """Name the first few, and say how many more there are."""
    more = len(names) - _NAMED_AT_ONCE
    return ', '.join(names[:_NAMED_AT_ONCE]) + (f' and {more} more' if more > 0 else '')


def parameter_shapes(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """
    Return the names and shapes that the parameters have to have, in the order of the network.

    :param shapes: shapes of parameters by name. The widths are read off the biases among them;
        where one is missing it is the official one.
    """
    stem1, stem2, stem3, features, corr1, corr2, flow1, flow2, head, mask = (
        math.prod(shapes[f'{layer}.bias']) if f'{layer}.bias' in shapes else official
        for layer, official in _WIDTHS.items()
    )
    hidden = features // 2
    layers = {'fnet.conv1': (stem1, 3, 7, 7)}
    stages = (stem1, stem1), (stem1, stem2), (stem2, stem3)
    for number, (before, after) in enumerate(stages, start=1):
        for block, inputs in enumerate((before, after)):
            name = f'fnet.layer{number}.{block}'
            layers[f'{name}.conv1'] = (after, inputs, 3, 3)
            layers[f'{name}.conv2'] = (after, after, 3, 3)
            layers[f'{name}.downsample.0'] = (after, inputs, 1, 1)
    layers['fnet.conv2'] = (features, stem3, 1, 1)
    update = 'update_block'
    layers |= {
        f'{update}.encoder.convc1': (corr1, 36, 1, 1),
        f'{update}.encoder.convc2': (corr2, corr1, 3, 3),
        f'{update}.encoder.convf1': (flow1, 2, 7, 7),
        f'{update}.encoder.convf2': (flow2, flow1, 3, 3),
        f'{update}.encoder.conv': (hidden - 2, corr2 + flow2, 3, 3),
    }
    for direction, kernel in (1, (1, 5)), (2, (5, 1)):
        for gate in 'zrq':
            layers[f'{update}.gru.conv{gate}{direction}'] = (hidden, 3 * hidden, *kernel)
    layers |= {
        f'{update}.flow_head.conv1': (head, hidden, 3, 3),
        f'{update}.flow_head.conv2': (2, head, 3, 3),
        f'{update}.mask.0': (mask, hidden, 3, 3),
        f'{update}.mask.2': (144, mask, 1, 1),
        'conv_offset_16': (18, features, 3, 3),
        'conv_offset_8': (18, features, 3, 3),
    }
    required = dict(_with_bias(layers.items()))
    for layer in 'self_att_fn.layers.0', 'cross_att_fn.layers.0':
        for name in 'q_proj', 'k_proj', 'v_proj', 'merge':
            required[f'{layer}.{name}.weight'] = (features, features)
        required[f'{layer}.mlp.0.weight'] = (2 * features, 2 * features)
        required[f'{layer}.mlp.2.weight'] = (features, 2 * features)
        norms = (f'{layer}.norm1', (features,)), (f'{layer}.norm2', (features,))
        required |= dict(_with_bias(norms))
    return required


def _with_bias(
    layers: Iterable[tuple[str, tuple[int, ...]]],
) -> Iterator[tuple[str, tuple[int, ...]]]:
    for name, shape in layers:
        yield f'{name}.weight', shape
        yield f'{name}.bias', shape[:1]
