# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
HEIF photographs (HEIC), which phones take.

`pillow-heif` decodes one of them. Which two images of a file are a stereo pair, and what is known
of their cameras, is read from its boxes (ISO/IEC 23008-12: the entity group `ster`, the properties
`cmin` and `cmex`).
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np

from crestereo_ros.sources.errors import SourceError
from crestereo_ros.sources.iso_media import boxes, brands, find

INSTALL = 'pip install pillow-heif (the extra `heif`)'
# Of the brands in the standards, those of single images. FFmpeg opens such files as videos of
# their tiles.
IMAGES = {b'mif1', b'mif2', b'heic', b'heix', b'heim', b'heis', b'avif', b'avci', b'jpeg', b'j2ki'}


@dataclass(frozen=True)
class HeifCamera:
    """
    What a file says of the camera of one image.

    `focal_length`: in pixels of the image. `centre`: x and y of the principal point in pixels.
    `position`: x, y and z in metres.
    """

    focal_length: float | None = None
    centre: tuple[float, float] | None = None
    position: tuple[float, float, float] | None = None


def is_heif(start: bytes) -> bool:
    """Return whether a file that starts so is a HEIF image."""
    return not brands(start).isdisjoint(IMAGES)


def decode_heif(content: bytes, name: str) -> np.ndarray:
    """
    Decode the primary image, turned upright as the file says.

    :returns: (H, W, 3), BGR, uint8 or uint16
    :raises SourceError: if pillow-heif is missing, or the image is damaged
    """
    try:
        import pillow_heif
    except ImportError as error:
        raise SourceError(f'{name} is a HEIF image; to read it: {INSTALL}') from error
    try:
        file = pillow_heif.open_heif(BytesIO(content), convert_hdr_to_8bit=False, bgr_mode=True)
        image = np.asarray(file)
    except Exception as error:  # of several kinds, all about the content
        raise SourceError(f'{name} cannot be decoded as HEIF: {error}; get it again') from error
    if image.ndim == 2:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    return np.ascontiguousarray(image[..., :3])


def stereo_pair(content: bytes) -> tuple[int, int] | None:
    """Return the identifiers of the left and the right image, None if the file has no pair."""
    for group in find(content, b'meta', b'grpl', b'ster'):
        body = content[group.start : group.end]
        count = int.from_bytes(body[8:12], 'big')
        items = [int.from_bytes(body[i : i + 4], 'big') for i in range(12, 12 + 4 * count, 4)]
        if len(items) >= 2:
            return items[0], items[1]
    return None


def with_primary(content: bytes, item: int) -> bytes:
    """Return the file with another of its images as the primary one, which is what is decoded."""
    for box in find(content, b'meta', b'pitm'):
        size = 2 if content[box.start] == 0 else 4
        start = box.start + 4
        return content[:start] + item.to_bytes(size, 'big') + content[start + size :]
    return content


def camera_of(content: bytes, item: int) -> HeifCamera:
    """Return what the file says of the camera of an image, and what it does not say as None."""
    width = None
    focal_length: float | None = None
    centre: tuple[float, float] | None = None
    position = None
    for kind, body in _properties(content, item):
        flags = int.from_bytes(body[1:4], 'big')
        numbers = [
            int.from_bytes(body[i : i + 4], 'big', signed=True) for i in range(4, len(body) - 3, 4)
        ]
        if kind == b'ispe':
            width = numbers[0]
        elif kind == b'cmin':  # as shares of the image's width
            shift = 1 << (flags >> 8 & 0x1F)
            focal_length, *rest = (number / shift for number in numbers[:3])
            centre = rest[0], rest[1]
        elif kind == b'cmex':  # micrometres; each coordinate only if its flag is set
            given = iter(numbers)
            x, y, z = (next(given) * 1e-6 if flags >> i & 1 else 0.0 for i in range(3))
            position = x, y, z
    if width is None or focal_length is None or centre is None:
        return HeifCamera(position=position)
    return HeifCamera(
        focal_length * width, (centre[0] * width - 0.5, centre[1] * width - 0.5), position
    )


def _properties(content: bytes, item: int) -> list[tuple[bytes, bytes]]:
    """Return type and content of the properties that are associated with an image."""
    container = next(find(content, b'meta', b'iprp', b'ipco'), None)
    if container is None:
        return []
    known = [
        (box.kind, content[box.start : box.end])
        for box in boxes(content, container.start, container.end)
    ]
    result = []
    for box in find(content, b'meta', b'iprp', b'ipma'):
        body = content[box.start : box.end]
        identifier, index = (2 if body[0] == 0 else 4), (2 if body[3] & 1 else 1)
        at = 8
        for _ in range(int.from_bytes(body[4:8], 'big')):
            owner = int.from_bytes(body[at : at + identifier], 'big')
            count = body[at + identifier]
            at += identifier + 1
            for _ in range(count):
                number = int.from_bytes(body[at : at + index], 'big') & (1 << 8 * index - 1) - 1
                at += index
                if owner == item and 0 < number <= len(known):
                    result.append(known[number - 1])
    return result
