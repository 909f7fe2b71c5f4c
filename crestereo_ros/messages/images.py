# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
sensor_msgs/Image to NumPy arrays and back.

The encodings are those of sensor_msgs/image_encodings.hpp.
"""

from __future__ import annotations

from collections.abc import Callable
import sys
from typing import Any, NamedTuple

import cv2
import numpy as np

from crestereo_ros.messages.errors import ImageMessageError
from crestereo_ros.messages.types import Image


class Layout(NamedTuple):
    """How an encoding lays out one pixel."""

    dtype: str
    channels: int
    rows: float = 1.0  # of data for each row of the image

    @property
    def pixel_bytes(self) -> int:
        return np.dtype(self.dtype).itemsize * self.channels


_GREY = Layout('uint8', 1)
_GREY_16 = Layout('uint16', 1)
_COLOR = Layout('uint8', 3)
_COLOR_ALPHA = Layout('uint8', 4)
_COLOR_16 = Layout('uint16', 3)
_COLOR_ALPHA_16 = Layout('uint16', 4)
_CHROMA_IN_TURNS = Layout('uint8', 2)
# Full size brightness, then colours of half the width and height: one and a half bytes a pixel.
_TWO_PLANES = Layout('uint8', 1, rows=1.5)

LAYOUTS = {
    'mono8': _GREY,
    '8UC1': _GREY,
    'mono16': _GREY_16,
    '16UC1': _GREY_16,
    'bgr8': _COLOR,
    'rgb8': _COLOR,
    '8UC3': _COLOR,
    'bgra8': _COLOR_ALPHA,
    'rgba8': _COLOR_ALPHA,
    '8UC4': _COLOR_ALPHA,
    'bayer_rggb8': _GREY,
    'bayer_bggr8': _GREY,
    'bayer_gbrg8': _GREY,
    'bayer_grbg8': _GREY,
    'yuv422': _CHROMA_IN_TURNS,
    'uyvy': _CHROMA_IN_TURNS,
    'yuv422_yuy2': _CHROMA_IN_TURNS,
    'yuyv': _CHROMA_IN_TURNS,
    'bgr16': _COLOR_16,
    'rgb16': _COLOR_16,
    '16UC3': _COLOR_16,
    'bgra16': _COLOR_ALPHA_16,
    'rgba16': _COLOR_ALPHA_16,
    '16UC4': _COLOR_ALPHA_16,
    'bayer_rggb16': _GREY_16,
    'bayer_bggr16': _GREY_16,
    'bayer_gbrg16': _GREY_16,
    'bayer_grbg16': _GREY_16,
    'nv12': _TWO_PLANES,
    'nv21': _TWO_PLANES,
    '32FC1': Layout('float32', 1),
}

# OpenCV names a Bayer pattern by its second row and column, ROS by its first.
TO_BGR = {
    'rgb8': cv2.COLOR_RGB2BGR,
    'bgra8': cv2.COLOR_BGRA2BGR,
    'rgba8': cv2.COLOR_RGBA2BGR,
    '8UC4': cv2.COLOR_BGRA2BGR,
    'bayer_rggb8': cv2.COLOR_BayerBG2BGR,
    'bayer_bggr8': cv2.COLOR_BayerRG2BGR,
    'bayer_gbrg8': cv2.COLOR_BayerGR2BGR,
    'bayer_grbg8': cv2.COLOR_BayerGB2BGR,
    'yuv422': cv2.COLOR_YUV2BGR_UYVY,
    'uyvy': cv2.COLOR_YUV2BGR_UYVY,
    'yuv422_yuy2': cv2.COLOR_YUV2BGR_YUY2,
    'yuyv': cv2.COLOR_YUV2BGR_YUY2,
    'nv12': cv2.COLOR_YUV2BGR_NV12,
    'nv21': cv2.COLOR_YUV2BGR_NV21,
}
TO_BGR |= {f'{name[:-1]}16': code for name, code in TO_BGR.items() if name.endswith('8')}
TO_BGR['16UC4'] = cv2.COLOR_BGRA2BGR

READABLE = tuple(encoding for encoding, layout in LAYOUTS.items() if layout.dtype != 'float32')


def pixels_of(message: Image) -> np.ndarray:
    """
    Return the pixels of a message as they are.

    :param message: of an encoding in `LAYOUTS`
    :returns: (H, W) or (H, W, channels) in the machine's byte order; may share the message's
        memory
    :raises ImageMessageError: if the fields do not fit together; the text names the field
    """
    layout = LAYOUTS[message.encoding]
    check_fields(message)
    dtype = np.dtype(layout.dtype)
    height, width, step = data_rows(message), message.width, message.step
    rows = np.frombuffer(message.data, np.uint8).reshape(height, step)
    pixels = np.ascontiguousarray(rows[:, : width * layout.pixel_bytes]).view(dtype)
    if is_byte_swapped(message) and dtype.itemsize > 1:
        pixels = pixels.byteswap()
    return pixels if layout.channels == 1 else pixels.reshape(height, width, layout.channels)


def to_array(message: Image, read: Callable[[Image], np.ndarray] = pixels_of) -> np.ndarray:
    """
    Return the picture in a sensor_msgs/Image as the matcher takes it.

    Colours, Bayer patterns, YUV 4:2:2 and 4:2:0 become BGR. Encodings without a name for their
    colours, such as 8UC3, are taken to be BGR or BGRA.

    :param read: returns the pixels as `pixels_of` does
    :returns: uint8, or uint16 for encodings of 16 bits (`Intensities` makes 8 of them); (H, W)
        for grey and (H, W, 3) BGR for colour; may share the message's memory
    :raises ImageMessageError: if the encoding is none of `READABLE` or the fields do not fit
        together; the text names the field
    """
    encoding = message.encoding
    if encoding not in READABLE:
        raise ImageMessageError(
            f'encoding "{encoding}" is not supported; supported are {", ".join(READABLE)}'
        )
    layout = LAYOUTS[encoding]
    shared = {'width': layout in (_CHROMA_IN_TURNS, _TWO_PLANES), 'height': layout is _TWO_PLANES}
    for name, is_shared in shared.items():
        side = getattr(message, name)
        if is_shared and side % 2:
            raise ImageMessageError(
                f'{name} {side} is odd, but two pixels share their colour in {encoding}'
            )
    pixels = read(message)
    return cv2.cvtColor(pixels, TO_BGR[encoding]) if encoding in TO_BGR else pixels


def to_fields(array: np.ndarray, encoding: str) -> dict[str, Any]:
    """
    Return an array as the fields of a sensor_msgs/Image without padding between its rows.

    :param array: as of `check_array`
    :param encoding: mono8, bgr8, 32FC1, ..
    :returns: all fields but `header`; `data` is uint8 (N,)
    :raises ImageMessageError: if the array does not have the encoding's dtype and channels
    """
    layout = check_array(array, encoding)
    return {
        'height': array.shape[0],
        'width': array.shape[1],
        'encoding': encoding,
        'is_bigendian': int(sys.byteorder == 'big'),
        'step': array.shape[1] * layout.pixel_bytes,
        'data': np.ascontiguousarray(array).reshape(-1).view(np.uint8),
    }


def check_array(array: np.ndarray, encoding: str) -> Layout:
    """
    Return the layout of an encoding that an array has.

    :param array: (H, W) or (H, W, channels), in the dtype of the encoding, not converted
    :param encoding: mono8, bgr8, 32FC1, ..
    :raises ImageMessageError: if the array does not have the encoding's dtype and channels
    """
    layout = LAYOUTS.get(encoding)
    if layout is None:
        raise ImageMessageError(f'encoding "{encoding}" is none of {", ".join(LAYOUTS)}')
    channels = 1 if array.ndim == 2 else array.shape[-1]
    if array.ndim not in (2, 3) or Layout(array.dtype.name, channels) != layout:
        raise ImageMessageError(
            f'encoding "{encoding}" is for {layout.dtype} of HEIGHTxWIDTH'
            f'{f"x{layout.channels}" if layout.channels > 1 else ""}, not for '
            f'{array.dtype.name} of {"x".join(map(str, array.shape))}'
        )
    return layout


def check_fields(message: Image) -> None:
    """
    Check that the fields of a message fit together.

    :param message: of an encoding in `LAYOUTS`
    :raises ImageMessageError: if they do not; the text names the field
    """
    height, width, step = message.height, message.width, message.step
    encoding = message.encoding
    row_bytes = width * LAYOUTS[encoding].pixel_bytes
    if height == 0 or width == 0:
        raise ImageMessageError(f'width {width} and height {height}: the image is empty')
    if step < row_bytes:
        raise ImageMessageError(
            f'step {step} is too small: {width} pixels of {encoding} take {row_bytes} bytes'
        )
    rows = data_rows(message)
    if len(message.data) != rows * step:
        half_more = '' if rows == height else f', and half of it for the colours of {encoding},'
        raise ImageMessageError(
            f'data has {len(message.data)} bytes, but height {height} times step {step}'
            f'{half_more} is {rows * step}'
        )


def data_rows(message: Image) -> int:
    """Return how many rows of `step` bytes the data of a message has."""
    return int(message.height * LAYOUTS[message.encoding].rows)


def is_byte_swapped(message: Image) -> bool:
    """Return whether the byte order is not that of this machine."""
    return bool(message.is_bigendian) != (sys.byteorder == 'big')
