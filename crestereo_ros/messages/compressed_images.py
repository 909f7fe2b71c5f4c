# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""sensor_msgs/CompressedImage to NumPy arrays, as compressed_image_transport makes them."""

from __future__ import annotations

import cv2
import numpy as np

from crestereo_ros.messages.errors import ImageMessageError
from crestereo_ros.messages.images import TO_BGR
from crestereo_ros.messages.types import CompressedImage

JPEG_START, JPEG_SCAN, JPEG_END = b'\xff\xd8', b'\xff\xda', b'\xff\xd9'
PNG_START, PNG_END = b'\x89PNG\r\n\x1a\n', b'IEND'


def to_array(message: CompressedImage) -> np.ndarray:
    """
    Return the picture in a sensor_msgs/CompressedImage as the matcher takes it.

    `format` names the encoding before the compression, and often the one that was compressed:
    Bayer patterns, and files with red and blue exchanged, are known by them.

    :returns: uint8, or uint16 as `images.to_array`; (H, W) for grey and (H, W, 3) BGR for colour
    :raises ImageMessageError: if it is neither a whole JPEG nor a whole PNG of a camera's image;
        the text says what it is
    """
    data = bytes(message.data)
    encoding, _, compression = message.format.partition(';')
    if 'compressedDepth' in message.format:
        raise ImageMessageError(
            f'format "{message.format}" is a depth image: choose the topic of the camera\'s image'
        )
    _check_whole(data, message.format)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise ImageMessageError(f'data cannot be decoded: {error.err}') from error
    if pixels is None:
        raise ImageMessageError(
            f'data of {len(data)} bytes begins like an image, but cannot be decoded'
        )
    if pixels.ndim == 2:
        # Publishers that make grey images of Bayer patterns say so after the compression.
        made_grey = 'compressed mono' in compression
        bayer = encoding.startswith('bayer_') and encoding in TO_BGR and not made_grey
        return cv2.cvtColor(pixels, TO_BGR[encoding]) if bayer else pixels
    if pixels.shape[2] == 4:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR)
    return pixels[..., ::-1].copy() if 'compressed rgb' in compression else pixels


def _check_whole(data: bytes, kind: str) -> None:
    """Check for both ends: decoders fill up with grey what is missing."""
    if data.startswith(JPEG_START):
        # Some cameras append bytes to the end. A preview inside ends before the scan begins.
        whole = data.rfind(JPEG_END) > data.rfind(JPEG_SCAN)
    elif data.startswith(PNG_START):
        whole = PNG_END in data[-64:]
    else:
        raise ImageMessageError(
            f'format "{kind}" with {len(data)} bytes of data that begin {data[:4].hex(" ")!r}: '
            'neither a JPEG nor a PNG; set the publisher to one of these, or image_transport to '
            'raw'
        )
    if not whole:
        raise ImageMessageError(
            f'data is cut: the end of the image is missing after {len(data)} bytes. Messages get '
            'lost or shortened on the way, or by the driver'
        )
