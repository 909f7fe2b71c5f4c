# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
sensor_msgs/Image to NumPy arrays and back.

Pixels are read and written by cv_bridge where it works and by NumPy where it does not; what comes
out is the same. The encodings are those of sensor_msgs/image_encodings.hpp.
"""

from __future__ import annotations

from array import array as byte_array
from contextlib import suppress
import sys
from typing import Any, NamedTuple

import cv2
import numpy as np
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from crestereo_ros.errors import CrestereoError
from crestereo_ros.nodes.message_data import with_data


class ImageMessageError(CrestereoError):
    """A message whose fields contradict one another, or an encoding that cannot be used."""


class Layout(NamedTuple):
    """How an encoding lays out one pixel."""

    dtype: str
    channels: int


_GREY = Layout('uint8', 1)
_GREY_16 = Layout('uint16', 1)
_COLOR = Layout('uint8', 3)
_COLOR_ALPHA = Layout('uint8', 4)
_CHROMA_IN_TURNS = Layout('uint8', 2)

_LAYOUTS = {
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
}

# A CvBridgeError, which is a TypeError, or a KeyError: a type that this cv_bridge does not have.
BRIDGE_ERRORS = (TypeError, KeyError)

READABLE = tuple(encoding for encoding, layout in _LAYOUTS.items() if layout.dtype != 'float32')


def working_cv_bridge() -> object | None:
    """
    Return a CvBridge that was seen to work, None where there is none.

    One built against another major version of NumPy fails to import or only when it is used, with
    an exception of any kind, so it has to read an image before it is trusted.
    """
    probe = Image(height=1, width=2, encoding='mono8', step=2, data=byte_array('B', (3, 5)))
    try:
        from cv_bridge import CvBridge

        bridge = CvBridge()
        return bridge if bridge.imgmsg_to_cv2(probe).tolist() == [[3, 5]] else None
    except Exception:
        return None


_bridge: Any = working_cv_bridge()


def to_array(message: Image) -> np.ndarray:
    """
    Return the picture in a sensor_msgs/Image as the matcher takes it.

    Colours, Bayer patterns and YUV 4:2:2 become BGR. Of 16 bit grey the upper 8 are kept, for
    left and right alike and from frame to frame; a camera that fills only its lower bits has to
    be scaled before. 8UC3 and 8UC4 are taken to be BGR and BGRA.

    :returns: uint8, (H, W) for grey and (H, W, 3) BGR for colour; may share the message's memory
    :raises ImageMessageError: if the encoding is none of `READABLE` or the fields do not fit
        together; the text names the field
    """
    encoding = message.encoding
    if encoding not in READABLE:
        raise ImageMessageError(
            f'encoding "{encoding}" is none of those that can be matched: {", ".join(READABLE)}'
        )
    pixels = _read(message)
    if encoding in TO_BGR:
        if _LAYOUTS[encoding] is _CHROMA_IN_TURNS and message.width % 2:
            raise ImageMessageError(
                f'width {message.width} is odd, but two pixels share their colour in {encoding}'
            )
        return cv2.cvtColor(pixels, TO_BGR[encoding])
    if pixels.dtype == np.uint16:
        return (pixels >> 8).astype(np.uint8)
    return pixels


def to_message(array: np.ndarray, encoding: str, header: Header | None = None) -> Image:
    """
    Return an array as a sensor_msgs/Image without padding between its rows.

    :param array: (H, W) or (H, W, channels), in the dtype of the encoding, not converted
    :param encoding: mono8, bgr8, 32FC1, ..
    :raises ImageMessageError: if the array does not have the encoding's dtype and channels
    """
    layout = _LAYOUTS.get(encoding)
    if layout is None:
        raise ImageMessageError(f'encoding "{encoding}" is none of {", ".join(_LAYOUTS)}')
    channels = 1 if array.ndim == 2 else array.shape[-1]
    if array.ndim not in (2, 3) or Layout(array.dtype.name, channels) != layout:
        raise ImageMessageError(
            f'encoding "{encoding}" is for {layout.dtype} of HEIGHTxWIDTH'
            f'{f"x{layout.channels}" if layout.channels > 1 else ""}, not for '
            f'{array.dtype.name} of {"x".join(map(str, array.shape))}'
        )
    if header is None:
        header = Header()
    if _bridge is not None:
        with suppress(*BRIDGE_ERRORS):
            return _bridge.cv2_to_imgmsg(array, encoding, header)
    data = byte_array('B')
    data.frombytes(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    message = Image(
        header=header,
        height=array.shape[0],
        width=array.shape[1],
        encoding=encoding,
        is_bigendian=sys.byteorder == 'big',
        step=array.shape[1] * layout.channels * array.itemsize,
    )
    return with_data(message, data)


def _read(message: Image) -> np.ndarray:
    """Return the pixels as they are, (H, W) or (H, W, channels) in the machine's byte order."""
    layout = _LAYOUTS[message.encoding]
    dtype = np.dtype(layout.dtype)
    height, width, step = message.height, message.width, message.step
    pixel_bytes = dtype.itemsize * layout.channels
    row_bytes = width * pixel_bytes
    if height == 0 or width == 0:
        raise ImageMessageError(f'width {width} and height {height}: the image is empty')
    if step < row_bytes:
        raise ImageMessageError(
            f'step {step} is too small: {width} pixels of {message.encoding} take {row_bytes} '
            'bytes'
        )
    if len(message.data) != height * step:
        raise ImageMessageError(
            f'data has {len(message.data)} bytes, but height {height} times step {step} '
            f'is {height * step}'
        )

    swapped = bool(message.is_bigendian) != (sys.byteorder == 'big')
    # cv_bridge shears rows whose padding is no whole pixel. With NumPy 2 it cannot swap bytes, and
    # it tries to for 8 bits too.
    if _bridge is not None and step % pixel_bytes == 0 and not swapped:
        with suppress(*BRIDGE_ERRORS):
            return _bridge.imgmsg_to_cv2(message)
    rows = np.frombuffer(message.data, np.uint8).reshape(height, step)[:, :row_bytes]
    pixels = np.ascontiguousarray(rows).view(dtype)
    if swapped and dtype.itemsize > 1:
        pixels = pixels.byteswap()
    return pixels if layout.channels == 1 else pixels.reshape(height, width, layout.channels)
