# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How an open model file is run: what its description says, and what the file itself says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
import math
from pathlib import Path
import re
from typing import TYPE_CHECKING

import numpy as np

from crestereo_ros.models.description import Description
from crestereo_ros.models.description_files import description_beside
from crestereo_ros.models.errors import NotStereoModelError
from crestereo_ros.models.fitting import find, image_axes, misfit, recognise, roles_of, SIDES
from crestereo_ros.models.placement import place, Placement, within
from crestereo_ros.models.resizing import half_size, resize_aligned
from crestereo_ros.models.tensors import (
    Array,
    COUNT_TYPES,
    DeviceArray,
    image_tensor,
    IMAGE_TYPES,
    Planes,
    planes_of,
)

if TYPE_CHECKING:  # providers.runtime imports it, and says what to install where it is missing
    import onnxruntime

ITERATIONS = range(1, 33)  # that a run may be asked for
DEFAULT_ITERATIONS = 8
SMALLEST_SIDE = 16  # pixels; that of one pixel at the coarsest stage
LONGEST_FIRST_PASS = 2.6  # how much lower than a square of `first_pixels` the first pass may be

# Takes inputs in the file's order, gives the outputs that the contract names.
Infer = Callable[[list[Array]], Sequence[Array]]


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
            pairs.insert(0, (left, right))
        # An earlier disparity stands in for the coarse stages.
        coarse = max(iterations // 2, 1) if self.has_passes and start is None else 0
        outputs = infer(self.inputs(*pairs[0], start, iterations, coarse))
        for before, size, pair in zip(sizes, sizes[1:], pairs[1:], strict=False):
            earlier = _stretched(outputs[0], before, size)
            outputs = infer(self.inputs(*pair, earlier, iterations, 0))
        return self.planes(outputs, sizes[-1])

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
                shown = list(map(half_size, shown)) if half else shown
                kind = IMAGE_TYPES[node.type]
                inputs.append(image_tensor(shown, self.description.images, kind))
        return inputs

    def planes(self, outputs: Sequence[Array], network: tuple[int, int]) -> Planes:
        """
        Return what the outputs of one run mean.

        :param outputs: as `outputs` names them
        :param network: (height, width) of the images
        :raises OutputError: where an output is not as described
        """
        names = [f'{name} of {self.file}' for name in self.outputs]
        return planes_of(outputs, names, self.description.outputs, network)

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
        sign = self.description.outputs.factor
        return (sign * start[:, :channels]).astype(IMAGE_TYPES[node.type])

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
        description = recognise(inputs, outputs, path.name)
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
    roles = roles_of(description, inputs)
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
        outputs=tuple(x.name for x in (find(outputs, y) for y in places) if x is not None),
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
