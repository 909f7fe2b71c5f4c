# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a description is that of a file, told from the file's inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from crestereo_ros.models.description import (
    CHANNELS_FIRST,
    CHANNELS_LAST,
    Description,
    Place,
)
from crestereo_ros.models.description_files import shipped_descriptions
from crestereo_ros.models.errors import NotStereoModelError
from crestereo_ros.models.tensors import by, COUNT_TYPES, IMAGE_TYPES, OUTPUT_TYPES

if TYPE_CHECKING:  # providers.runtime imports it, and says what to install where it is missing
    import onnxruntime

IMAGE_ROLES = ('left', 'right', 'pair', 'left_half', 'right_half')
SIDES = ('left', 'right')


def recognise(
    inputs: Sequence[onnxruntime.NodeArg], outputs: Sequence[onnxruntime.NodeArg], name: str
) -> Description:
    """
    Find the one shipped description that is of a file.

    :param name: of the file
    :raises NotStereoModelError: where none fits or several do
    """
    fitting = {
        kind: description
        for kind, description in shipped_descriptions().items()
        if not misfit(description, inputs, outputs)
    }
    # One that only counts inputs would fit any network, unless it counts channels too.
    by_name = {x: y for x, y in fitting.items() if is_named(y)}
    by_channels = {x: y for x, y in fitting.items() if y.outputs.channels}
    fitting = by_name or by_channels
    if len(fitting) == 1:
        return next(iter(fitting.values()))
    remedy = (
        f'`crestereo models check {name} --write` finds out how it is run, and '
        'docs/networks.md says how to describe it'
    )
    if fitting:
        raise NotStereoModelError(
            f'{name} may be of {" or ".join(sorted(fitting))}, whose files have the same '
            f'inputs and outputs: {remedy}'
        )
    raise NotStereoModelError(
        f'{name} is no stereo network that is known: its inputs are {names_of(inputs)}, its '
        f'outputs are {names_of(outputs)}. {remedy}'
    )


def misfit(
    description: Description,
    inputs: Sequence[onnxruntime.NodeArg],
    outputs: Sequence[onnxruntime.NodeArg],
) -> str:
    """Say why a description is not that of a file with these inputs and outputs; '' if it is."""
    names = {x.name for x in (*inputs, *outputs)}
    if missing := [x for x in description.signs if x not in names]:
        return f'there is no input or output {missing[0]}'
    return input_misfit(description, inputs) or _output_misfit(description, inputs, outputs)


def input_misfit(description: Description, inputs: Sequence[onnxruntime.NodeArg]) -> str:
    """Say why a description is not that of a file with these inputs; '' if it is."""
    places = description.inputs.roles()
    nodes: dict[str, onnxruntime.NodeArg] = {}
    for role, wanted in places.items():
        node = find(inputs, wanted)
        if node is None:
            return f'there is no input {wanted!r} for inputs.{role}; there are {names_of(inputs)}'
        nodes[role] = node
    if description.cannot_run:
        return ''
    taken = {x.name for x in nodes.values()}
    if rest := [x for x in inputs if x.name not in taken]:
        return f'nothing is said about input {names_of(rest)}'
    if len(taken) < len(nodes):
        return f'two of inputs take the same input; there are {names_of(inputs)}'
    problems = (_input_problem(description, role, node) for role, node in nodes.items())
    return next(filter(None, problems), '') or _sizes_problem(description, nodes)


def _output_misfit(
    description: Description,
    inputs: Sequence[onnxruntime.NodeArg],
    outputs: Sequence[onnxruntime.NodeArg],
) -> str:
    rules, roles = description.outputs, description.inputs.roles()
    disparity = find(outputs, rules.disparity)
    if disparity is None:
        return (
            f'there is no output {rules.disparity!r} for outputs.disparity; there are '
            f'{names_of(outputs)}'
        )
    if description.cannot_run:
        return ''
    for wanted, _ in rules.sureness():
        if isinstance(wanted, str) and find(outputs, wanted) is None:
            return f'there is no output {wanted!r}; there are {names_of(outputs)}'
    stated = f'output {disparity.name} is {disparity.type} {disparity.shape}'
    if disparity.type not in OUTPUT_TYPES:
        return f'{stated}, where outputs.disparity must be float32, float16 or whole numbers'
    channels = _output_channels(disparity, rules.layout)
    if rules.channels and isinstance(channels, int) and channels != rules.channels:
        return f'{stated}, where outputs.channels are {rules.channels}'
    image = find(inputs, roles['pair' if 'pair' in roles else 'left'])
    assert image is not None  # it was found as an input
    sides = image_axes(image.shape, description.images.layout)[:2]
    found = _output_size(disparity, rules.layout)
    if len(found) == 2 and all(isinstance(side, int) for side in (*sides, *found)):
        expected = [round(rules.size * side) for side in sides]  # type: ignore[operator]
        if list(found) != expected:
            return f'{stated}, where outputs.size means {by(expected)}'
    return ''


def image_axes(shape: Sequence[object], layout: str) -> tuple[object, object, object]:
    """Return height, width and channels of an input's shape; free ones are no numbers."""
    _, *axes = shape
    channels, height, width = axes if layout == CHANNELS_FIRST else (axes[2], axes[0], axes[1])
    return height, width, channels


def names_of(nodes: Sequence[onnxruntime.NodeArg]) -> str:
    """Name inputs or outputs with their types and shapes."""
    return ', '.join(f'{x.name} {x.type} {x.shape}' for x in nodes) or 'none'


def is_named(description: Description) -> bool:
    """Tell whether a description knows inputs by their names."""
    return any(isinstance(place, str) for place in description.inputs.roles().values())


def roles_of(description: Description, inputs: Sequence[onnxruntime.NodeArg]) -> tuple[str, ...]:
    """Return what each input takes, by the names of the fields of `Inputs`."""
    # Places stand for names that do not matter, unless they contradict.
    by_name = {
        find(inputs, wanted).name: role  # type: ignore[union-attr]
        for role, wanted in description.inputs.roles().items()
    }
    for half in '', '_half':
        left, right = (next((x for x, y in by_name.items() if y == z + half), '') for z in SIDES)
        is_placed = isinstance(getattr(description.inputs, f'left{half}'), int)
        if is_placed and 'right' in left.lower() and 'left' in right.lower():
            by_name[left], by_name[right] = by_name[right], by_name[left]
    return tuple(by_name[x.name] for x in inputs)


def _input_problem(description: Description, role: str, node: onnxruntime.NodeArg) -> str:
    # What is wrong with one input, '' if nothing.
    stated = f'input {node.name} is {node.type} {node.shape}'
    if role in ('iterations', 'coarse_iterations'):
        is_count = node.type in COUNT_TYPES and node.shape in ([], [1])
        return '' if is_count else f'{stated}, where inputs.{role} must be one whole number'
    if node.type not in IMAGE_TYPES or len(node.shape) != 4:
        return f'{stated}, where inputs.{role} must be float32, float16 or uint8 with four axes'
    if isinstance(node.shape[0], int) and node.shape[0] != 1:
        return f'{stated}, which takes {node.shape[0]} images at a time, where it must be one'
    allowed: tuple[int, ...] = (1, 2)
    if role == 'start':
        channels = node.shape[1]
    else:
        channels = image_axes(node.shape, description.images.layout)[2]
        allowed = (description.images.channels * (2 if role == 'pair' else 1),)
    images = description.images
    if IMAGE_TYPES[node.type] == np.uint8 and (*images.range, images.mean, images.std) != (
        0,
        255,
        None,
        None,
    ):
        return f'{stated}, where images.range must be 0 to 255, without mean and std'
    if isinstance(channels, int) and channels not in allowed:
        return f'{stated}, where inputs.{role} must have {" or ".join(map(str, allowed))} channels'
    return ''


def _sizes_problem(description: Description, nodes: Mapping[str, onnxruntime.NodeArg]) -> str:
    # Whether the sizes of all inputs go together.
    layout = description.images.layout
    axes: dict[str, list] = {
        x: list(image_axes(y.shape, layout)[:2]) for x, y in nodes.items() if x in IMAGE_ROLES
    }
    if 'start' in nodes:
        axes['start'] = list(nodes['start'].shape[2:])
    whole = axes['pair' if 'pair' in axes else 'left']
    fixed = [isinstance(side, int) for sides in axes.values() for side in sides]
    stated = ', '.join(f'{nodes[x].name} {nodes[x].shape}' for x in axes)
    if any(fixed) != all(fixed):
        return f'some of the sizes of {stated} are fixed and some are not'
    if all(fixed) and 'coarse_iterations' in nodes:
        return f'the sizes of {stated} are fixed, but inputs.coarse_iterations means several sizes'
    for role, size in axes.items():
        is_half = role in ('start', 'left_half', 'right_half')
        if all(fixed) and size != [side // (2 if is_half else 1) for side in whole]:
            return f'the sizes of {stated} do not go together'
    rules = description.size
    if all(fixed) and any(side % rules.multiple for side in whole):
        return f'the size of {stated} is no multiple of size.multiple, {rules.multiple}'
    return ''


def _output_channels(node: onnxruntime.NodeArg, layout: str) -> object:
    if len(node.shape) != 4:
        return 1 if node.shape else None
    return node.shape[3 if layout == CHANNELS_LAST else 1]


def _output_size(node: onnxruntime.NodeArg, layout: str) -> Sequence[object]:
    is_last = len(node.shape) == 4 and layout == CHANNELS_LAST
    return node.shape[1:3] if is_last else node.shape[-2:]


def find(nodes: Sequence[onnxruntime.NodeArg], wanted: Place) -> onnxruntime.NodeArg | None:
    """Return the input or output of a name or place, None where there is none."""
    if isinstance(wanted, int):
        return nodes[wanted] if wanted < len(nodes) else None
    return next((x for x in nodes if x.name == wanted), None)
