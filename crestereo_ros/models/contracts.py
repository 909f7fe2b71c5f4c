# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
What a stereo network's file asks for, told from the number, order, shapes and types of inputs.

Four contracts are known: that of this project's own files, which
`crestereo_ros.network.build_model` describes, and the three of PINTO_model_zoo 284, whose size
and iterations are fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import math
import re
from typing import ClassVar, NamedTuple, TYPE_CHECKING

import numpy as np

from crestereo_ros.models.errors import NotStereoModelError
from crestereo_ros.models.resizing import half_size, resize_aligned

if TYPE_CHECKING:  # providers.runtime imports it, and says what to install where it is missing
    import onnxruntime

ITERATIONS = range(1, 33)  # that a run may be asked for
DEFAULT_ITERATIONS = 8
SMALLEST_SIDE = 16  # pixels; that of one pixel at the coarsest stage
LONGEST_FIRST_PASS = 2.6  # how much lower than a square of `first_pixels` the first pass may be


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


class Output(NamedTuple):
    """
    What a network gives.

    `disparity`: float32 (1, 2, H, W), the disparity in pixels of W, and how much higher the match
    lies in the right image. `confidence`: float32 (1, 1, H, W), 0 to 1, or None.
    """

    disparity: Array
    confidence: Array | None


# Takes inputs in the file's order.
Infer = Callable[[list[Array]], Output]


@dataclass(frozen=True)
class Contract:
    """
    How to run one kind of file.

    `resolution` is (height, width) where the file has but one, else None; then height and width
    must be multiples of `MULTIPLE`. `iterations` is the file's default, or its only number where
    that is fixed: 0 if it does not say how many. `TAKES_START` tells whether a run can begin
    with an earlier output.
    """

    resolution: tuple[int, int] | None
    iterations: int

    FIXED_ITERATIONS: ClassVar[bool] = True
    MULTIPLE: ClassVar[int] = 1
    TAKES_START: ClassVar[bool] = False

    def run(
        self,
        infer: Infer,
        left: np.ndarray,
        right: np.ndarray,
        iterations: int,
        start: np.ndarray | None,
    ) -> Output:
        """
        Match a pair.

        :param infer: runs the file once
        :param left: float32 (H, W, 3), BGR, 0 to 255
        :param right: the same for the right image
        :param iterations: where the number is not fixed
        :param start: float32 (1, 2, H / 2, W / 2), an earlier output to begin with, or None
        """
        raise NotImplementedError


class Init(Contract):
    """Two images."""

    INPUTS = ((3, 1), (3, 1))  # channels, and the divisor of height and width

    def run(
        self,
        infer: Infer,
        left: np.ndarray,
        right: np.ndarray,
        iterations: int,
        start: np.ndarray | None,
    ) -> Output:
        return infer([_tensor(left), _tensor(right)])


class Next(Contract):
    """
    Two images and an earlier output at half their size.

    The zoo means it for the second of two passes. Without a start it begins with zero, and so
    finds only disparities that its updates at a quarter of the size can reach.
    """

    INPUTS = ((3, 1), (3, 1), (2, 2))
    TAKES_START = True

    def run(
        self,
        infer: Infer,
        left: np.ndarray,
        right: np.ndarray,
        iterations: int,
        start: np.ndarray | None,
    ) -> Output:
        if start is None:
            height, width, _ = left.shape
            start = np.zeros((1, 2, height // 2, width // 2), np.float32)
        return infer([_tensor(left), _tensor(right), start])


class Combined(Contract):
    """Two images at half the size, then the two at full size: both passes in one file."""

    INPUTS = ((3, 2), (3, 2), (3, 1), (3, 1))

    def run(
        self,
        infer: Infer,
        left: np.ndarray,
        right: np.ndarray,
        iterations: int,
        start: np.ndarray | None,
    ) -> Output:
        images = (half_size(left), half_size(right), left, right)
        return infer([_tensor(image) for image in images])


@dataclass(frozen=True)
class Flexible(Contract):
    """
    Size and iterations chosen in each run.

    Every pass is a run, at about twice the size of the one before. There are two, as in the
    publication, and more for a network that was made to look first at no more than
    `first_pixels` pixels. The first pass of a long image may have more: its smaller side stays
    above `sqrt(first_pixels) / 2.6`. With a start there is only the last pass.
    """

    first_pixels: float = math.inf

    FIXED_ITERATIONS = False
    # The features have a quarter of the size. What is left over at the smaller stages is cut off
    # there, as in the publication, whose first pass is 120x160 of 240x320.
    MULTIPLE = 4
    TAKES_START = True

    def sizes(self, resolution: tuple[int, int]) -> list[tuple[int, int]]:
        """Return the (height, width) of every pass, the first first; `resolution` is the last."""
        sizes = [resolution, _half(resolution)]
        # With fewer rows the first pass sees too little around a point to know it again.
        smallest = math.sqrt(self.first_pixels) / LONGEST_FIRST_PASS
        while math.prod(sizes[-1]) > self.first_pixels and min(_half(sizes[-1])) >= smallest:
            sizes.append(_half(sizes[-1]))
        return sizes[::-1]

    def run(
        self,
        infer: Infer,
        left: np.ndarray,
        right: np.ndarray,
        iterations: int,
        start: np.ndarray | None,
    ) -> Output:
        def run(left: np.ndarray, right: np.ndarray, start: Array, coarse: int) -> Output:
            counts = np.array(coarse), np.array(iterations)
            return infer([_tensor(left), _tensor(right), start, *counts])

        if start is not None:
            return run(left, right, start, 0)
        *earlier, _ = self.sizes(left.shape[:2])
        pairs = [(left, right)]
        for size in reversed(earlier):
            left, right = resize_aligned(left, size), resize_aligned(right, size)
            pairs.append((left, right))
        output = run(*pairs.pop(), np.zeros((1, 2, 1, 1), np.float32), max(iterations // 2, 1))
        for left, right in reversed(pairs):
            output = run(left, right, _stretched(output.disparity, left.shape[:2]), 0)
        return output


def _half(size: tuple[int, int]) -> tuple[int, int]:
    # Rounded to the next multiple, so that nothing need be added to it.
    multiple = Flexible.MULTIPLE
    height, width = (
        max(SMALLEST_SIDE, (side + multiple) // (2 * multiple) * multiple) for side in size
    )
    return height, width


def _stretched(disparity: Array, size: tuple[int, int]) -> Array:
    # The network scales both parts by the ratio of the heights, see `network.upsampling.resize`.
    # Where a half was rounded, that of the widths is another.
    before = disparity.shape[2:]
    ratio = size[1] / before[1] / (size[0] / before[0])
    if ratio == 1:
        return disparity  # where it is
    return np.asarray(disparity) * np.array([ratio, 1], np.float32).reshape(1, 2, 1, 1)


def contract_of(session: onnxruntime.InferenceSession, name: str) -> Contract:
    """
    Tell the contract of an open model file.

    The default iterations are the metadata's `crestereo.iterations`. Fixed ones may also stand
    in the file's name, as the zoo has it. `crestereo.first_pixels` is `Flexible`'s.

    :param name: of the file
    :raises NotStereoModelError: where the inputs are those of no known contract, or the metadata
        cannot be used
    """
    inputs = session.get_inputs()
    metadata = session.get_modelmeta().custom_metadata_map
    if _is_flexible(inputs):
        iterations = _number(metadata, 'crestereo.iterations', ITERATIONS[0], ITERATIONS[-1], name)
        # With less there would be no end of passes: they get no smaller than SMALLEST_SIDE.
        first_pixels = _number(
            metadata, 'crestereo.first_pixels', SMALLEST_SIDE**2, math.inf, name
        )
        return Flexible(None, int(iterations or DEFAULT_ITERATIONS), first_pixels or math.inf)
    for kind in Init, Next, Combined:
        resolution = _fixed_resolution(inputs, kind.INPUTS)
        if resolution:
            in_name = re.search(r'iter(\d+)', name)
            stated = _number(metadata, 'crestereo.iterations', 1, 1000, name)
            return kind(resolution, int(stated or (in_name[1] if in_name else 0)))
    raise NotStereoModelError(
        f'{name} is no stereo network with a known contract: its inputs are {_text(inputs)}. '
        'Wanted are two float32 images (1, 3, H, W) of fixed size; two and a flow '
        '(1, 2, H/2, W/2); two of half the size and two; or two of any size, a flow and two '
        'int64 numbers'
    )


def outputs_of(session: onnxruntime.InferenceSession, name: str) -> list[str]:
    """
    Name the outputs that are used.

    :param name: of the file
    :returns: the disparity (1, 2, H, W), and the confidence (1, 1, H, W) if there is one
    :raises NotStereoModelError: where there is no such disparity
    """
    outputs = session.get_outputs()
    maps = {x.shape[1]: x.name for x in reversed(outputs) if len(x.shape) == 4}
    if 2 not in maps:
        raise NotStereoModelError(
            f'{name} is no stereo network: its outputs are {_text(outputs)}, none of them '
            '(1, 2, H, W)'
        )
    return [maps[channels] for channels in (2, 1) if channels in maps]


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
