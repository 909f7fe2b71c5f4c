# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How an open model file is run: what its description says, and what the file itself says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
import math
from pathlib import Path
import re
from typing import NamedTuple, TYPE_CHECKING

import cv2
import numpy as np

from crestereo_ros.models.description import (
    BGR,
    CHANNELS_FIRST,
    CHANNELS_LAST,
    Description,
    GREY,
    OUTPUT_PIXELS,
    Place,
    SHARE,
)
from crestereo_ros.models.description_files import description_beside, shipped_descriptions
from crestereo_ros.models.errors import NotStereoModelError, OutputError
from crestereo_ros.models.placement import place, Placement, within
from crestereo_ros.models.resizing import half_size, resize_aligned

if TYPE_CHECKING:  # providers.runtime imports it, and says what to install where it is missing
    import onnxruntime

ITERATIONS = range(1, 33)  # that a run may be asked for
DEFAULT_ITERATIONS = 8
SMALLEST_SIDE = 16  # pixels; that of one pixel at the coarsest stage
LONGEST_FIRST_PASS = 2.6  # how much lower than a square of `first_pixels` the first pass may be

IMAGE_TYPES = {
    'tensor(float)': np.float32,
    'tensor(float16)': np.float16,
    'tensor(uint8)': np.uint8,
}
COUNT_TYPES = {'tensor(int64)': np.int64, 'tensor(int32)': np.int32}
TYPES = {**IMAGE_TYPES, **COUNT_TYPES}
IMAGE_ROLES = ('left', 'right', 'pair', 'left_half', 'right_half')
SIDES = ('left', 'right')


class DeviceArray:
    """An output that stays where it was computed, such as on a GPU, until NumPy asks for it."""

    def __init__(self, value: onnxruntime.OrtValue) -> None:
        self.value = value

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape, without a copy from the device."""
        return tuple(self.value.shape())

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        array = self.value.numpy()
        return array if dtype is None else array.astype(dtype)


Array = np.ndarray | DeviceArray
# Takes inputs in the file's order, gives the outputs that the contract names.
Infer = Callable[[list[Array]], Sequence[Array]]


class Planes(NamedTuple):
    """
    What a network gives, each float32 (h, w).

    `disparity`: pixels of the network's width. `vertical`: how much higher the match lies in the
    right image, in the same pixels; None where the network does not say. `confidence`: 0 to 1, or
    None.
    """

    disparity: np.ndarray
    vertical: np.ndarray | None
    confidence: np.ndarray | None


@dataclass(frozen=True)
class Contract:
    """
    How to run one file.

    `description`: of the network. `file`: its name. `roles`: what each input takes, in the file's
    order, by the names of the fields of `Inputs`. `nodes`: the inputs themselves. `outputs`: the
    names of the disparity, and of what says how sure it is. `resolution`: (height, width) where
    the file has but one, else None. `iterations`: the file's default, or its only number where
    that is fixed: 0 if it does not say how many. `first_pixels`: of a network with several passes,
    see `sizes`.
    """

    description: Description
    file: str
    roles: tuple[str, ...]
    nodes: tuple[onnxruntime.NodeArg, ...]
    outputs: tuple[str, ...]
    resolution: tuple[int, int] | None
    iterations: int
    first_pixels: float = math.inf

    @property
    def fixed_iterations(self) -> bool:
        """Whether the file has but one number of iterations."""
        return 'iterations' not in self.roles

    @property
    def takes_start(self) -> bool:
        """Whether a run can begin with an earlier output."""
        return 'start' in self.roles

    @property
    def has_passes(self) -> bool:
        """Whether a match is several runs, each at about twice the size of the one before."""
        return 'coarse_iterations' in self.roles

    def place(self, wanted: tuple[int, int]) -> Placement:
        """Place an image that is to have a (height, width)."""
        return place(wanted, self.description.size, self.resolution)

    def within(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return the largest (height, width) that an image of a shape can have in the network."""
        return within(shape, self.description.size, self.resolution)

    def sizes(self, resolution: tuple[int, int]) -> list[tuple[int, int]]:
        """
        Return the (height, width) of every pass, the first first; `resolution` is the last.

        Where a network has several, each is at about twice the size of the one before. There are
        two, as in the publication, and more for a network that was made to look first at no more
        than `first_pixels` pixels. The first pass of a long image may have more: its smaller side
        stays above `sqrt(first_pixels) / 2.6`.
        """
        if not self.has_passes:
            return [resolution]
        sizes = [resolution, self._half(resolution)]
        # With fewer rows the first pass sees too little around a point to know it again.
        smallest = math.sqrt(self.first_pixels) / LONGEST_FIRST_PASS
        while math.prod(sizes[-1]) > self.first_pixels and min(self._half(sizes[-1])) >= smallest:
            sizes.append(self._half(sizes[-1]))
        return sizes[::-1]

    def run(
        self,
        infer: Infer,
        left: np.ndarray,
        right: np.ndarray,
        iterations: int,
        start: np.ndarray | None,
    ) -> Planes:
        """
        Match a pair.

        :param infer: runs the file once
        :param left: float32 (H, W, 3), BGR, 0 to 255, of a size that `place` gave
        :param right: the same for the right image
        :param iterations: where the number is not fixed
        :param start: float32 (1, 2, H / 2, W / 2), an earlier output to begin with, or None; then
            there is only the last pass
        :raises OutputError: where an output is not as described
        """
        sizes = self.sizes(left.shape[:2]) if start is None else [left.shape[:2]]
        pairs = [(left, right)]
        for size in sizes[-2::-1]:
            left, right = resize_aligned(left, size), resize_aligned(right, size)
            pairs.append((left, right))
        # An earlier disparity stands in for the coarse stages.
        coarse = max(iterations // 2, 1) if self.has_passes and start is None else 0
        earlier: Array | None = start
        outputs: Sequence[Array] = ()
        before = sizes[0]
        for pair in reversed(pairs):
            size = pair[0].shape[:2]
            if outputs:
                earlier, coarse = _stretched(outputs[0], before, size), 0
            outputs, before = (
                infer(self.inputs(pair[0], pair[1], earlier, iterations, coarse)),
                size,
            )
        return self.planes(outputs, pairs[0][0].shape[:2])

    def inputs(
        self,
        left: np.ndarray,
        right: np.ndarray,
        start: Array | None = None,
        iterations: int = DEFAULT_ITERATIONS,
        coarse: int = 0,
    ) -> list[Array]:
        """Return what the inputs of one run take, in the file's order; arguments as of `run`."""
        images = {'left': left, 'right': right}
        counts = {'iterations': iterations, 'coarse_iterations': coarse}
        inputs: list[Array] = []
        for role, node in zip(self.roles, self.nodes, strict=True):
            if role in counts:
                inputs.append(np.full(node.shape, counts[role], COUNT_TYPES[node.type]))
            elif role == 'start':
                inputs.append(self._start(start, node, left.shape))
            else:
                side, _, half = role.partition('_')
                shown = [images[x] for x in (SIDES if side == 'pair' else (side,))]
                if half:
                    shown = list(map(half_size, shown))
                inputs.append(self._tensor(shown, IMAGE_TYPES[node.type]))
        return inputs

    def _start(
        self, start: Array | None, node: onnxruntime.NodeArg, shape: tuple[int, ...]
    ) -> Array:
        channels = node.shape[1] if isinstance(node.shape[1], int) else 1
        if start is None:
            is_free = self.has_passes and not isinstance(node.shape[2], int)
            size = (1, 1) if is_free else (shape[0] // 2, shape[1] // 2)
            return np.zeros((1, channels, *size), IMAGE_TYPES[node.type])
        if isinstance(start, DeviceArray):  # a pass after another: as it came
            return start
        sign = -1 if self.description.outputs.sign == 'negative' else 1
        return (sign * start[:, :channels]).astype(IMAGE_TYPES[node.type])

    def _tensor(self, images: Sequence[np.ndarray], kind: type) -> np.ndarray:
        # (H, W, 3), BGR, 0 to 255, one or two of them, to what the network takes.
        rules = self.description.images
        parts = []
        for image in images:
            if rules.colour == GREY:
                image = np.rint(image @ np.array([0.114, 0.587, 0.299], np.float32))[..., None]
            elif rules.colour != BGR:
                image = image[..., ::-1]
            parts.append(image)
        image = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)
        black, white = rules.range
        if (black, white) != (0, 255):
            image = image * np.float32((white - black) / 255) + np.float32(black)
        for value, operation in (rules.mean, np.subtract), (rules.std, np.divide):
            if value is not None:
                values = np.asarray(value, np.float32)
                image = operation(
                    image, np.tile(values, len(parts)) if values.size > 1 else values
                )
        if kind == np.uint8:
            image = np.rint(image).clip(0, 255)
        axes = (2, 0, 1) if rules.layout == CHANNELS_FIRST else (0, 1, 2)
        return np.ascontiguousarray(image.transpose(axes), dtype=kind)[None]

    def planes(self, outputs: Sequence[Array], network: tuple[int, int]) -> Planes:
        """
        Return what the outputs of one run mean.

        :param outputs: as `outputs` names them
        :param network: (height, width) of the images
        :raises OutputError: where an output is not as described
        """
        rules = self.description.outputs
        disparity = self._channels(outputs[0], self.outputs[0])
        expected = round(rules.size * network[0]), round(rules.size * network[1])
        if disparity.shape[:2] != expected:
            raise OutputError(
                f'output {self.outputs[0]} of {self.file} is {_by(disparity.shape[:2])} for '
                'images '
                f'of {_by(network)}, where {_by(expected)} was expected: its description must say '
                'the outputs.size that it has, a share of that of the images'
            )
        channels = disparity.shape[2]
        wanted = max(rules.channel, rules.vertical or 0) + 1
        if channels < wanted:
            raise OutputError(
                f'output {self.outputs[0]} of {self.file} has {channels} channels, where its '
                f'description wants {wanted} or more'
            )
        factor = {OUTPUT_PIXELS: 1 / rules.size, SHARE: float(network[1])}.get(rules.unit, 1.0)
        sign = -1 if rules.sign == 'negative' else 1
        vertical = None
        if rules.vertical is not None:
            vertical = disparity[..., rules.vertical] * np.float32(factor)
        confidence = None
        for array, name, (_, inverse) in zip(
            outputs[1:], self.outputs[1:], rules.sureness(), strict=False
        ):
            share = self._channels(array, name)[..., 0]
            if share.shape != expected:
                share = cv2.resize(np.ascontiguousarray(share), expected[::-1])
            share = (1 - share if inverse else share).clip(0, 1)
            confidence = share if confidence is None else confidence * share
        return Planes(
            disparity[..., rules.channel] * np.float32(sign * factor), vertical, confidence
        )

    def _channels(self, output: Array, name: str) -> np.ndarray:
        # (1, C, H, W), (1, H, W, C), (1, H, W) or (H, W) to (H, W, C).
        array = np.asarray(output, np.float32)
        if array.ndim == 4 and len(array) == 1:
            first = self.description.outputs.layout == CHANNELS_FIRST
            return array[0].transpose(1, 2, 0) if first else array[0]
        if array.ndim == 3 and len(array) == 1:
            return array[0][..., None]
        if array.ndim == 2:
            return array[..., None]
        raise OutputError(
            f'output {name} of {self.file} has the shape {_by(array.shape)}, which is none of one '
            'image: (1, C, H, W), (1, H, W, C), (1, H, W) or (H, W)'
        )

    def _half(self, size: tuple[int, int]) -> tuple[int, int]:
        if math.isinf(self.first_pixels):  # published weights: as the publication halves
            return max(SMALLEST_SIDE, size[0] // 2), max(SMALLEST_SIDE, size[1] // 2)
        # Rounded to the next multiple, so that nothing need be added to it.
        multiple = self.description.size.multiple
        height, width = (
            max(SMALLEST_SIDE, (side + multiple) // (2 * multiple) * multiple) for side in size
        )
        return height, width


def _stretched(disparity: Array, before: tuple[int, int], size: tuple[int, int]) -> Array:
    # The network scales both parts by the ratio of the heights, see `network.upsampling.resize`.
    # Where a half was rounded, that of the widths is another. What the publication halves, it
    # scales by the heights.
    ratio = size[1] / before[1] / (size[0] / before[0])
    if ratio == 1 or before == (size[0] // 2, size[1] // 2):
        return disparity  # where it is
    return np.asarray(disparity) * np.array([ratio, 1], np.float32).reshape(1, 2, 1, 1)


def contract_of(
    session: onnxruntime.InferenceSession, path: Path, description: Description | None = None
) -> Contract:
    """
    Tell how an open model file is run.

    The default iterations are the metadata's `crestereo.iterations`. Fixed ones may also stand
    in the file's name, as the zoo has it. `crestereo.first_pixels` is that of `Contract.sizes`.

    :param path: of the file
    :param description: of the network; None: FILE.yaml beside the file, else the one of those in
        `config/networks` that fits it
    :raises NotStereoModelError: where no description fits or several do, and where a description
        or the metadata cannot be used
    """
    inputs, outputs = session.get_inputs(), session.get_outputs()
    where = 'the description'
    if description is None:
        description, where = description_beside(path), str(path.with_suffix('.yaml'))
    if description is None:
        description = _recognised(inputs, outputs, path)
    elif problem := misfit(description, inputs, outputs):
        raise NotStereoModelError(f'{where} does not fit {path.name}: {problem}')
    if description.cannot_run:
        name = description.name or 'a network'
        raise NotStereoModelError(f'{path.name} is of {name}: {description.cannot_run}')
    return contract_for(session, path, description)


def contract_for(
    session: onnxruntime.InferenceSession, path: Path, description: Description
) -> Contract:
    """
    Tell how an open model file is run that a description fits.

    :param path: of the file
    :raises NotStereoModelError: where the metadata cannot be used
    """
    inputs, outputs = session.get_inputs(), session.get_outputs()
    roles = _roles(description, inputs)
    image = next(x for x, role in zip(inputs, roles, strict=True) if role in ('left', 'pair'))
    height, width, _ = image_axes(image.shape, description.images.layout)
    rules = description.outputs
    places = [rules.disparity, *(place for place, _ in rules.sureness())]
    metadata = session.get_modelmeta().custom_metadata_map
    stated = _number(metadata, 'crestereo.iterations', 1, 1000, path.name)
    first_pixels = _number(
        metadata, 'crestereo.first_pixels', SMALLEST_SIDE**2, math.inf, path.name
    )
    if 'iterations' in roles:
        stated = _number(
            metadata, 'crestereo.iterations', ITERATIONS[0], ITERATIONS[-1], path.name
        )
    in_name = re.search(r'iter(\d+)', path.name)
    return Contract(
        description=description,
        file=path.name,
        roles=roles,
        nodes=tuple(inputs),
        outputs=tuple(x.name for x in (_find(outputs, y) for y in places) if x is not None),
        resolution=(
            (height, width) if isinstance(height, int) and isinstance(width, int) else None
        ),
        iterations=int(
            stated
            or (DEFAULT_ITERATIONS if 'iterations' in roles else in_name[1] if in_name else 0)
        ),
        # With less there would be no end of passes: they get no smaller than SMALLEST_SIDE.
        first_pixels=first_pixels or math.inf,
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
        node = _find(inputs, wanted)
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
    disparity = _find(outputs, rules.disparity)
    if disparity is None:
        return (
            f'there is no output {rules.disparity!r} for outputs.disparity; there are '
            f'{names_of(outputs)}'
        )
    if description.cannot_run:
        return ''
    for wanted, _ in rules.sureness():
        if isinstance(wanted, str) and _find(outputs, wanted) is None:
            return f'there is no output {wanted!r}; there are {names_of(outputs)}'
    stated = f'output {disparity.name} is {disparity.type} {disparity.shape}'
    channels = _output_channels(disparity, rules.layout)
    if rules.channels and isinstance(channels, int) and channels != rules.channels:
        return f'{stated}, where outputs.channels are {rules.channels}'
    image = _find(inputs, roles['pair' if 'pair' in roles else 'left'])
    assert image is not None  # it was found as an input
    sides = image_axes(image.shape, description.images.layout)[:2]
    found = _output_size(disparity, rules.layout)
    if all(isinstance(side, int) for side in (*sides, *found)):
        expected = [round(rules.size * side) for side in sides]  # type: ignore[operator]
        if list(found) != expected:
            return f'{stated}, where outputs.size means {_by(expected)}'
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


def _recognised(
    inputs: Sequence[onnxruntime.NodeArg], outputs: Sequence[onnxruntime.NodeArg], path: Path
) -> Description:
    fitting = {
        name: description
        for name, description in shipped_descriptions().items()
        if not misfit(description, inputs, outputs)
    }
    # One that only counts inputs would fit any network, unless it counts channels too.
    by_name = {x: y for x, y in fitting.items() if is_named(y)}
    by_channels = {x: y for x, y in fitting.items() if y.outputs.channels}
    fitting = by_name or by_channels
    if len(fitting) == 1:
        return next(iter(fitting.values()))
    remedy = (
        f'`crestereo models check {path.name} --write` finds out how it is run, and '
        'docs/networks.md says how to describe it'
    )
    if fitting:
        raise NotStereoModelError(
            f'{path.name} may be of {" or ".join(sorted(fitting))}, whose files have the same '
            f'inputs and outputs: {remedy}'
        )
    raise NotStereoModelError(
        f'{path.name} is no stereo network that is known: its inputs are {names_of(inputs)}, its '
        f'outputs are {names_of(outputs)}. {remedy}'
    )


def _roles(description: Description, inputs: Sequence[onnxruntime.NodeArg]) -> tuple[str, ...]:
    # What each input takes. Places stand for names that do not matter, unless they contradict.
    by_name = {
        _find(inputs, wanted).name: role  # type: ignore[union-attr]
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


def _find(nodes: Sequence[onnxruntime.NodeArg], wanted: Place) -> onnxruntime.NodeArg | None:
    if isinstance(wanted, int):
        return nodes[wanted] if wanted < len(nodes) else None
    return next((x for x in nodes if x.name == wanted), None)


def _number(
    metadata: Mapping[str, str], key: str, lowest: float, highest: float, name: str
) -> float | None:
    # What the metadata say, None where they say nothing.
    text = metadata.get(key)
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not lowest <= number <= highest or (math.isfinite(number) and number % 1):
        upwards = 'or more' if highest == math.inf else f'to {highest}'
        raise NotStereoModelError(
            f'{name} cannot be used: {key} in its metadata is {text!r}, not a whole number, '
            f'{lowest} {upwards}. Correct it, or export the file again'
        )
    return number


def _by(shape: Sequence[int]) -> str:
    return 'x'.join(map(str, shape))
