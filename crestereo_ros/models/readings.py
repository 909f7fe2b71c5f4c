# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The ways in which a network's file can be read, as far as its inputs and outputs tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from crestereo_ros.models.description import (
    BGR,
    CHANNELS_FIRST,
    CHANNELS_LAST,
    Description,
    GREY,
    Images,
    Inputs,
    LAYOUTS,
    OUTPUT_PIXELS,
    Outputs,
    PAD,
    PIXELS,
    RESIZE,
    RGB,
    SHARE,
    Size,
    UNKNOWN,
)
from crestereo_ros.models.description_files import shipped_descriptions
from crestereo_ros.models.errors import NotStereoModelError
from crestereo_ros.models.fitting import (
    image_axes,
    input_misfit,
    is_named,
    misfit,
    names_of,
)
from crestereo_ros.models.tensors import COUNT_TYPES, IMAGE_TYPES

if TYPE_CHECKING:
    import onnxruntime

MULTIPLE = 32  # that most networks want, and none that is known wants more
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet
#: What networks are given: range, mean and std; the most usual first.
SCALES = (
    {'range': (0, 255)},
    {'range': (0, 1)},
    {'range': (0, 1), 'mean': MEAN, 'std': STD},
    {'range': (-1, 1)},
)
MOST_CHANNELS = 4  # of an output that has the disparity in one of them


def input_readings(
    inputs: Sequence[onnxruntime.NodeArg], outputs: Sequence[onnxruntime.NodeArg], name: str
) -> list[Description]:
    """
    List the ways in which the inputs of a file can be read, the likeliest first.

    Those that a shipped description gives come first, under its name.

    :param name: of the file
    :raises NotStereoModelError: where the inputs are not those of a stereo network
    """
    known = [
        description
        for description in shipped_descriptions().values()
        if is_named(description)
        and not description.cannot_run
        and not misfit(description, inputs, outputs)
    ]
    found = [
        Description(
            licence=UNKNOWN,
            inputs=roles,
            outputs=Outputs(disparity=outputs[0].name),
            images=images,
            size=Size(fit=RESIZE) if is_fixed else Size(multiple=MULTIPLE, fit=PAD),
        )
        for roles, images, is_fixed in _plain_readings(inputs, name)
    ]
    fitting = [x for x in found if not input_misfit(x, inputs)]
    if not known and not fitting:
        problem = input_misfit(found[0], inputs) if found else f'they are {names_of(inputs)}'
        raise NotStereoModelError(f'{name} cannot be run by its inputs: {problem}')
    return known + fitting


def output_readings(
    description: Description, name: str, shape: tuple[int, ...], network: tuple[int, int]
) -> Iterator[Description]:
    """
    Yield the ways in which an output can be a disparity.

    :param description: how the inputs are read
    :param name: of the output
    :param shape: that it had
    :param network: (height, width) of the images that it was computed from
    """
    layouts = LAYOUTS if len(shape) == 4 else (CHANNELS_FIRST,)
    for layout in layouts:
        if len(shape) == 4:
            height, width, channels = image_axes(shape, layout)
        elif len(shape) in (2, 3):
            (height, width), channels = shape[-2:], 1
        else:
            continue
        size = width / network[1]  # type: ignore[operator]
        expected = round(size * network[0])
        if height != expected or channels > MOST_CHANNELS:  # type: ignore[operator]
            continue
        units = (PIXELS, SHARE) if size == 1 else (PIXELS, OUTPUT_PIXELS, SHARE)
        for channel, unit, sign in product(
            range(channels),  # type: ignore[call-overload]
            units,
            ('positive', 'negative'),
        ):
            outputs = Outputs(
                disparity=name, layout=layout, channel=channel, sign=sign, unit=unit, size=size
            )
            yield replace(description, outputs=outputs)


def _plain_readings(
    inputs: Sequence[onnxruntime.NodeArg], name: str
) -> Iterator[tuple[Inputs, Images, bool]]:
    counts = [x for x in inputs if x.type in COUNT_TYPES and x.shape in ([], [1])]
    images = [x for x in inputs if x.type in IMAGE_TYPES and len(x.shape) == 4]
    rest = [x for x in inputs if x not in counts and x not in images]
    if rest or not images or len(counts) > 1:
        raise NotStereoModelError(
            f'{name} is no stereo network that can be run: its inputs are {names_of(inputs)}, '
            'where images, an earlier disparity and one number of iterations are understood'
        )
    others = {'iterations': counts[0].name} if counts else {}
    layout = _layout(images[0])
    channels = image_axes(images[0].shape, layout)[2]
    if len(images) == 1:
        if channels in (1, 3):
            raise NotStereoModelError(
                f'{name} has one input for one image, {names_of(images)}: it is no stereo network'
            )
        orders = [{'pair': images[0].name}]
    else:
        if len(images) == 3 and images[2].shape[1] in (1, 2):
            others['start'] = images.pop().name
        if len(images) == 4:
            halves = [x.name for x in images[:2]]
            orders = [
                {'left_half': halves[a], 'right_half': halves[b], 'left': x.name, 'right': y.name}
                for a, b, x, y in ((0, 1, *images[2:]), (1, 0, *images[:1:-1]))
            ]
        elif len(images) == 2:
            first, second = (x.name for x in images)
            orders = [{'left': first, 'right': second}, {'left': second, 'right': first}]
        else:
            raise NotStereoModelError(
                f'{name} has {len(images)} inputs for images, {names_of(images)}: two or four are '
                'understood'
            )
        if 'right' in images[0].name.lower() and 'left' in images[1].name.lower():
            orders.reverse()
    is_grey = channels == (2 if len(images) == 1 else 1)
    scales = SCALES if images[0].type != 'tensor(uint8)' else SCALES[:1]
    height = image_axes(images[0].shape, layout)[0]
    for order, scale, colour in product(orders, scales, (GREY,) if is_grey else (RGB, BGR)):
        if is_grey and 'mean' in scale:
            continue
        yield (
            Inputs(**order, **others),
            Images(layout=layout, colour=colour, **scale),
            isinstance(height, int),
        )


def _layout(node: onnxruntime.NodeArg) -> str:
    is_last = node.shape[3] in (1, 2, 3, 6) and node.shape[1] not in (1, 2, 3, 6)
    return CHANNELS_LAST if is_last else CHANNELS_FIRST
