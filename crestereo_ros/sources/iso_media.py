# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The boxes of ISO base media files: MP4, MOV, HEIF."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

# How many bytes of a box precede the boxes in it, where that is not 0.
PREFIXES = {b'meta': 4, b'stsd': 8}
VISUAL_ENTRY = 78  # bytes of the description of a video track before the boxes in it


class Box(NamedTuple):
    """A box: its type and its content, from `start` to `end` in the data."""

    kind: bytes
    start: int
    end: int


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Yield the boxes one after the other, those that end beyond the data cut to it."""
    end = len(data) if end is None else min(end, len(data))
    while start + 8 <= end:
        size, kind = int.from_bytes(data[start : start + 4], 'big'), data[start + 4 : start + 8]
        content = start + 8
        if size == 1:
            size, content = int.from_bytes(data[content : content + 8], 'big'), content + 8
        last = end if size == 0 else start + size
        if last < content:
            return
        yield Box(kind, content, min(last, end))
        start = last


def find(data: bytes, *path: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Yield the boxes at a path of types, such as `moov`, `trak`, `tkhd`."""
    for box in boxes(data, start, end):
        if box.kind != path[0]:
            continue
        if len(path) == 1:
            yield box
        else:
            first = box.start + PREFIXES.get(box.kind, 0)
            yield from find(data, *path[1:], start=first, end=box.end)


def brands(data: bytes) -> set[bytes]:
    """Return the brands that a file says it is of, none if it is of another kind."""
    box = next(boxes(data), None)
    if box is None or box.kind != b'ftyp':
        return set()
    major, others = data[box.start : box.start + 4], data[box.start + 8 : box.end]
    return {major, *(others[i : i + 4] for i in range(0, len(others), 4))}
