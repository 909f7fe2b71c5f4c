# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images as a network takes them, and what its outputs mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TYPE_CHECKING

import cv2
import numpy as np

from crestereo_ros.models.description import (
    BGR,
    CHANNELS_FIRST,
    GREY,
    Images,
    OUTPUT_PIXELS,
    Outputs,
    SHARE,
)
from crestereo_ros.models.errors import OutputError

if TYPE_CHECKING:  # providers.runtime imports it, and says what to install where it is missing
    import onnxruntime

IMAGE_TYPES = {
    'tensor(float)': np.float32,
    'tensor(float16)': np.float16,
    'tensor(uint8)': np.uint8,
}
COUNT_TYPES = {'tensor(int64)': np.int64, 'tensor(int32)': np.int32}
TYPES = {**IMAGE_TYPES, **COUNT_TYPES}
OUTPUT_TYPES = (*TYPES, 'tensor(double)', 'tensor(int16)', 'tensor(uint16)')
GREY_OF_BGR = np.array([0.114, 0.587, 0.299], np.float32)


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


def image_tensor(images: Sequence[np.ndarray], rules: Images, kind: type) -> np.ndarray:
    """
    Turn one image, or the two of a pair, into what an input takes.

    :param images: float32 (H, W, 3), BGR, 0 to 255
    :param kind: type of the input's numbers
    :returns: (1, C, H, W) or (1, H, W, C)
    """
    parts = []
    for image in images:
        if rules.colour == GREY:
            image = np.rint(image @ GREY_OF_BGR)[..., None]
        parts.append(image if rules.colour in (GREY, BGR) else image[..., ::-1])
    tensor = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)
    black, white = rules.range
    if (black, white) != (0, 255):
        tensor = tensor * np.float32((white - black) / 255) + np.float32(black)
    for values, operation in (rules.mean, np.subtract), (rules.std, np.divide):
        if values is not None:
            channels = np.resize(np.asarray(values, np.float32), rules.channels)
            tensor = operation(tensor, np.tile(channels, len(parts)))
    if kind == np.uint8:
        tensor = np.rint(tensor).clip(0, 255)
    axes = (2, 0, 1) if rules.layout == CHANNELS_FIRST else (0, 1, 2)
    return np.ascontiguousarray(tensor.transpose(axes), dtype=kind)[None]


def planes_of(
    outputs: Sequence[Array], names: Sequence[str], rules: Outputs, network: tuple[int, int]
) -> Planes:
    """
    Return what the outputs of one run mean.

    :param outputs: the disparity, and those of `rules.sureness` that there are
    :param names: of the outputs, for errors
    :param network: (height, width) of the images
    :raises OutputError: where an output is not as described
    """
    disparity = _channels(outputs[0], names[0], rules.layout)
    expected = round(rules.size * network[0]), round(rules.size * network[1])
    if disparity.shape[:2] != expected:
        raise OutputError(
            f'output {names[0]} is {by(disparity.shape[:2])} for images of {by(network)}, where '
            f'{by(expected)} was expected: its description must say the outputs.size that it has, '
            'a share of that of the images'
        )
    channels, wanted = disparity.shape[2], max(rules.channel, rules.vertical or 0) + 1
    if channels < wanted:
        raise OutputError(
            f'output {names[0]} has {channels} channels, where its description wants {wanted} or '
            'more'
        )
    factor = {OUTPUT_PIXELS: 1 / rules.size, SHARE: float(network[1])}.get(rules.unit, 1.0)
    vertical = confidence = None
    if rules.vertical is not None:
        vertical = disparity[..., rules.vertical] * np.float32(factor)
    for output, name, (_, inverse) in zip(outputs[1:], names[1:], rules.sureness(), strict=False):
        share = _channels(output, name, rules.layout)[..., 0]
        if share.shape != expected:
            share = cv2.resize(np.ascontiguousarray(share), expected[::-1])
        share = np.nan_to_num(1 - share if inverse else share).clip(0, 1)
        confidence = share if confidence is None else confidence * share
    return Planes(
        disparity[..., rules.channel] * np.float32(rules.factor * factor), vertical, confidence
    )


def by(shape: Sequence[int]) -> str:
    """Return a size as text, such as 480x640."""
    return 'x'.join(map(str, shape))


def _channels(output: Array, name: str, layout: str) -> np.ndarray:
    # (1, C, H, W), (1, H, W, C), (1, H, W) or (H, W) to (H, W, C).
    array = np.asarray(output, np.float32)
    if array.ndim == 4 and len(array) == 1:
        return array[0].transpose(1, 2, 0) if layout == CHANNELS_FIRST else array[0]
    if array.ndim == 3 and len(array) == 1:
        return array[0][..., None]
    if array.ndim == 2:
        return array[..., None]
    raise OutputError(
        f'output {name} has the shape {array.shape}, which is none of one image: '
        '(1, C, H, W), (1, H, W, C), (1, H, W) or (H, W)'
    )
