# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
What a stereo network's file asks for, told from the number, order, shapes and types of inputs.

Four contracts are known: that of this project's own files, which
`crestereo_ros.network.build_model` describes, and the three of PINTO_model_zoo 284 (fixed size
and iterations), which `crestereo_ros.network.build_zoo_model` describes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
import math
import re
from typing import ClassVar, TYPE_CHECKING

import numpy as np

from crestereo_ros.matching.errors import NotStereoModelError
from crestereo_ros.matching.images import half_size

if TYPE_CHECKING:  # providers.py imports it, and says what to install where it is missing
    import onnxruntime

DEFAULT_ITERATIONS = 8

# Takes inputs in the file's order and returns its output, (1, 2, H, W).
Infer = Callable[[list[np.ndarray]], np.ndarray]


@dataclass(frozen=True)
class Contract:
    """
    How to run one kind of file.

    `resolution` is (height, width) where the file has but one, else None; then height and width
    must be multiples of `multiple`. `iterations` is the file's default, or its only number where
    that is fixed: 0 if it does not say how many.
    """

    resolution: tuple[int, int] | None
    iterations: int

    FIXED_ITERATIONS: ClassVar[bool] = True

    def multiple(self, resolution: tuple[int, int]) -> int:
        """Return of what height and width must be multiples at about this resolution."""
        return 1

    def run(
        self, infer: Infer, left: np.ndarray, right: np.ndarray, iterations: int
    ) -> np.ndarray:
        """Disparity and vertical part, (1, 2, H, W), of float32 (H, W, 3) BGR images."""
        raise NotImplementedError


class Init(Contract):
    """Two images."""

    INPUTS = ((3, 1), (3, 1))  # channels, and the divisor of height and width

    def run(self, infer, left, right, iterations):
        return infer([_tensor(left), _tensor(right)])


class Next(Contract):
    """
    Two images and an earlier output at half their size.

    The zoo means it for the second of two passes. On its own it starts from zero, and so finds
    only disparities that its updates at a quarter of the size can reach.
    """

    INPUTS = ((3, 1), (3, 1), (2, 2))

    def run(self, infer, left, right, iterations):
        height, width, _ = left.shape
        start = np.zeros((1, 2, height // 2, width // 2), np.float32)
        return infer([_tensor(left), _tensor(right), start])


class Combined(Contract):
    """Two images at half the size, then the two at full size: both passes in one file."""

    INPUTS = ((3, 2), (3, 2), (3, 1), (3, 1))

    def run(self, infer, left, right, iterations):
        images = (half_size(left), half_size(right), left, right)
        return infer([_tensor(image) for image in images])


@dataclass(frozen=True)
class Flexible(Contract):
    """
    Size and iterations chosen in each run.

    Every pass is a run, at twice the size of the one before. There are two, as in the
    publication, and more for a network that was made to look first at no more than
    `first_pixels` pixels.
    """

    first_pixels: float = math.inf

    FIXED_ITERATIONS = False

    def passes(self, resolution: tuple[int, int]) -> int:
        """Return how many passes end at this resolution, or at its next possible ones."""
        for passes in count(2):
            multiple = _multiple(passes)
            height, width = (-(-side // multiple) * multiple for side in resolution)
            if height * width / 4 ** (passes - 1) <= self.first_pixels:
                return passes

    def multiple(self, resolution):
        return _multiple(self.passes(resolution))

    def run(self, infer, left, right, iterations):
        pairs = [(left, right)]
        for _ in range(self.passes(left.shape[:2]) - 1):
            pairs.append([half_size(image) for image in pairs[-1]])
        coarse, fine = np.array(max(iterations // 2, 1)), np.array(iterations)
        disparity = np.zeros((1, 2, 1, 1), np.float32)
        for left, right in reversed(pairs):
            disparity = infer([_tensor(left), _tensor(right), disparity, coarse, fine])
            coarse = np.array(0)
        return disparity


def _multiple(passes: int) -> int:
    # The network wants multiples of 16, and the first pass is at the smallest size.
    return 16 * 2 ** (passes - 1)


def contract_of(session: onnxruntime.InferenceSession, name: str) -> Contract:
    """
    Tell the contract of an open model file, or raise NotStereoModelError.

    The default iterations are the metadata's `crestereo.iterations`. Fixed ones may also stand
    in the file's `name`, as the zoo has it. `crestereo.first_pixels` is `Flexible`'s.
    """
    inputs = session.get_inputs()
    metadata = session.get_modelmeta().custom_metadata_map
    stated = metadata.get('crestereo.iterations', '')
    if _is_flexible(inputs):
        first_pixels = float(metadata.get('crestereo.first_pixels', math.inf))
        return Flexible(None, int(stated or DEFAULT_ITERATIONS), first_pixels)
    for kind in Init, Next, Combined:
        resolution = _fixed_resolution(inputs, kind.INPUTS)
        if resolution:
            in_name = re.search(r'iter(\d+)', name)
            return kind(resolution, int(stated or (in_name[1] if in_name else 0)))
    raise NotStereoModelError(
        f'{name} is no stereo network with a known contract: its inputs are {_text(inputs)}. '
        'Wanted are two float32 images (1, 3, H, W) of fixed size; two and a flow '
        '(1, 2, H/2, W/2); two of half the size and two; or two of any size, a flow and two '
        'int64 numbers'
    )


def output_of(session: onnxruntime.InferenceSession, name: str) -> str:
    """Name of the disparity (1, 2, H, W) among the outputs, or raise NotStereoModelError."""
    outputs = session.get_outputs()
    for x in outputs:
        if len(x.shape) == 4 and x.shape[1] == 2:
            return x.name
    raise NotStereoModelError(
        f'{name} is no stereo network: its outputs are {_text(outputs)}, none of them (1, 2, H, W)'
    )


def _is_flexible(inputs: list[onnxruntime.NodeArg]) -> bool:
    types = [x.type for x in inputs]
    shapes = [x.shape for x in inputs]
    return (
        types == ['tensor(float)'] * 3 + ['tensor(int64)'] * 2
        and [x[:2] for x in shapes] == [[1, 3], [1, 3], [1, 2], [], []]
        and not any(isinstance(side, int) for x in shapes for side in x[2:])
    )


def _fixed_resolution(
    inputs: list[onnxruntime.NodeArg], wanted: tuple[tuple[int, int], ...]
) -> tuple[int, int] | None:
    # (height, width) if the inputs are float32 of the wanted channels and relative sizes.
    shapes = [x.shape for x in inputs if x.type == 'tensor(float)' and len(x.shape) == 4]
    if len(shapes) != len(inputs) or len(shapes) != len(wanted):
        return None
    sides = [side for x in shapes for side in x[2:]]
    if not all(isinstance(side, int) for side in sides):
        return None
    height, width = max(sides[::2]), max(sides[1::2])
    expected = [[1, channels, height // n, width // n] for channels, n in wanted]
    return (height, width) if shapes == expected else None


def _text(nodes: list[onnxruntime.NodeArg]) -> str:
    return ', '.join(f'{x.name} {x.type} {x.shape}' for x in nodes) or 'none'


def _tensor(image: np.ndarray) -> np.ndarray:
    # (H, W, 3) to (1, 3, H, W).
    return np.ascontiguousarray(image.transpose(2, 0, 1))[None]
