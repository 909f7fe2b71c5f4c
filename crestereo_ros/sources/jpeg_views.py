# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""JPEG files with two views: MPO (CIPA DC-007) and JPS (VRex)."""

from __future__ import annotations

from collections.abc import Iterator
import struct

from crestereo_ros.sources.packing import Packing

START = b'\xff\xd8'
APP2, APP3, SCAN = 0xE2, 0xE3, 0xDA
ENTRIES = 0xB002  # the tag of the list of images
JPS_LAYOUTS = {2: 1, 3: 0}  # side by side and over-under: the axis
HALF_HEIGHT, HALF_WIDTH, LEFT_FIRST = 1, 2, 4


def multiple_images(content: bytes) -> list[bytes]:
    """Return the JPEG images in an MPO file, none for another file."""
    for at, segment in _segments(content, APP2):
        if segment.startswith(b'MPF\0'):
            try:
                return list(_images(content, at + 4))
            except struct.error:  # damaged
                return []
    return []


def jps_packing(content: bytes) -> Packing | None:
    """Return how the views are packed by the descriptor of a JPS file, None without one."""
    for _, segment in _segments(content, APP3):
        if segment.startswith(b'_JPSJPS_') and len(segment) >= 14:
            _, flags, layout, _ = segment[10:14]
            axis = JPS_LAYOUTS.get(layout)
            if axis is not None:
                half = bool(flags & (HALF_WIDTH if axis else HALF_HEIGHT))
                return Packing(axis, half, right_first=not flags & LEFT_FIRST)
    return None


def _images(content: bytes, header: int) -> Iterator[bytes]:
    order = '<' if content[header : header + 2] == b'II' else '>'
    (offset,) = struct.unpack_from(f'{order}I', content, header + 4)
    (count,) = struct.unpack_from(f'{order}H', content, header + offset)
    for entry in range(header + offset + 2, header + offset + 2 + 12 * count, 12):
        tag, _, size, place = struct.unpack_from(f'{order}HHII', content, entry)
        if tag != ENTRIES:
            continue
        for at in range(header + place, header + place + size, 16):
            _, length, start = struct.unpack_from(f'{order}III', content, at)
            first = header + start if start else 0
            yield content[first : first + length]


def _segments(content: bytes, wanted: int) -> Iterator[tuple[int, bytes]]:
    """Yield the segments of a kind before the picture, each with its place."""
    at = len(START)
    if not content.startswith(START):
        return
    while at + 4 <= len(content) and content[at] == 0xFF and content[at + 1] != SCAN:
        size = int.from_bytes(content[at + 2 : at + 4], 'big')
        if content[at + 1] == wanted:
            yield at + 4, content[at + 4 : at + 2 + size]
        at += 2 + size
