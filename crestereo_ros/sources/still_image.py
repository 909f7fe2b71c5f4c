# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Images in files of any kind that OpenCV or pillow-heif read.

OpenCV gets bytes and never the name of a file: it crashes on names that are not UTF-8.
"""

from __future__ import annotations

from pathlib import Path
import struct
import tempfile

import cv2
import numpy as np

from crestereo_ros.sources.errors import SourceError
from crestereo_ros.sources.heif import decode_heif, is_heif

START = 2048  # bytes that show the kind of a file
REDUCED, SUBFILE_TYPE = 1, 254  # TIFF: a tag, and its flag for the preview of another image


def looks_like_image(start: bytes) -> bool:
    """Return whether a file that starts with these bytes is an image that can be read here."""
    if is_heif(start):
        return True
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, 'start')
        path.write_bytes(start[:START])
        return cv2.haveImageReader(str(path))


def decode_image(content: bytes, name: str) -> np.ndarray:
    """
    Decode an image, turned upright as its EXIF orientation or the file says.

    :param name: for messages
    :returns: (H, W, 3), BGR, uint8 or of as many bits as the file has; grey becomes three equal
        channels, and transparency is dropped
    :raises SourceError: if it cannot be decoded
    """
    if _is_preview(content):
        raise SourceError(
            f'{name} is a raw photograph, such as DNG, of which only a preview could be read: '
            'develop it to PNG, TIFF or JPEG'
        )
    # From memory OpenCV 5 refuses a JPEG that is cut short; imread fills it up in grey.
    data = np.frombuffer(content, np.uint8)
    try:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
        if image is None:  # grey TIFF of real numbers, which OpenCV does not turn into colours
            image = cv2.imdecode(data, cv2.IMREAD_ANYDEPTH)
            image = None if image is None else cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    except cv2.error:  # more pixels than OpenCV takes
        image = None
    if image is None and is_heif(content[:START]):
        image = decode_heif(content, name)
    if image is None:
        raise SourceError(f'{name} cannot be decoded: it is damaged or cut off, get it again')
    return image


def _is_preview(content: bytes) -> bool:
    """Return whether a file is a TIFF whose first image is a preview, as in raw photographs."""
    order = {b'II*\0': '<', b'MM\0*': '>'}.get(content[:4])
    if order is None:
        return False
    try:
        (offset,) = struct.unpack_from(f'{order}I', content, 4)
        (count,) = struct.unpack_from(f'{order}H', content, offset)
        for entry in range(offset + 2, offset + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(f'{order}HHII', content, entry)
            if tag == SUBFILE_TYPE:
                return bool(value & REDUCED)
    except struct.error:  # cut off, which decoding reports
        pass
    return False
