# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
What the header of a video says beyond its pictures: rotation, packing, shape of pixels, codec.

OpenCV gives none of the packing, and the rotation with another sign in some of its versions, so
the headers of MP4 and MOV (ISO/IEC 14496-12, spherical video, Apple's spatial video) and of
Matroska and WebM (RFC 9559) are read here. Other kinds of file have no such tags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
import math
import struct

import cv2
import numpy as np

from crestereo_ros.sources.iso_media import Box, boxes, find, VISUAL_ENTRY
from crestereo_ros.sources.packing import Packing

#: Reads so many bytes from a place in the file; fewer at its end.
Read = Callable[[int, int], bytes]

LONGEST_HEADER = 1 << 26  # bytes; of a film of hours it has some megabytes
MATROSKA = b'\x1aE\xdf\xa3'
# Elements of Matroska that hold others on the way to the video track.
SEGMENT, TRACKS, TRACK, VIDEO, PROJECTION = 0x18538067, 0x1654AE6B, 0xAE, 0xE0, 0x7670
CLUSTER = 0x1F43B675
TRACK_TYPE, CODEC, STEREO_MODE, YAW, ROLL = 0x83, 0x86, 0x53B8, 0x7673, 0x7675
WIDTH, HEIGHT, DISPLAY_WIDTH, DISPLAY_HEIGHT = 0xB0, 0xBA, 0x54B0, 0x54BA
SIDE_BY_SIDE, OVER_UNDER = Packing(axis=1), Packing(axis=0)
# By the numbers of Matroska's StereoMode.
MATROSKA_PACKINGS = {
    1: SIDE_BY_SIDE,
    2: Packing(axis=0, right_first=True),
    3: OVER_UNDER,
    11: Packing(axis=1, right_first=True),
}
MATROSKA_OTHERS = {
    **dict.fromkeys((4, 5), 'a checkerboard'),
    **dict.fromkeys((6, 7), 'rows in turns'),
    **dict.fromkeys((8, 9), 'columns in turns'),
    **dict.fromkeys((10, 12), 'an anaglyph'),
    **dict.fromkeys((13, 14), 'frames in turns'),
}


@dataclass(frozen=True)
class VideoTags:
    """
    What the header of a video says.

    `turn`: what turns a decoded picture upright, as (2, 2) integers that map a direction in the
    picture, x to the right and y down, to one on the screen. `packing`: of both views, None if
    nothing is said. `other_packing`: in words, one that cannot be split. `is_mono`: whether it is
    said that there is one view. `pixel_aspect`: width of a pixel by its height. `codec`: its
    name, empty if it is not known. `baseline`: of both cameras in metres; `field_of_view`: from
    left to right in degrees.
    """

    turn: tuple[tuple[int, int], tuple[int, int]] = ((1, 0), (0, 1))
    packing: Packing | None = None
    other_packing: str = ''
    is_mono: bool = False
    pixel_aspect: Fraction = Fraction(1)
    codec: str = ''
    baseline: float | None = None
    field_of_view: float | None = None

    def upright(self, image: np.ndarray) -> np.ndarray:
        """Turn and mirror a decoded picture as the header says."""
        (a, b), (c, d) = self.turn
        if a == 0:  # x and y change places first
            image = cv2.transpose(image)
            a, d = b, c
        flip = {(1, 1): None, (-1, 1): 1, (1, -1): 0, (-1, -1): -1}[a, d]
        return image if flip is None else cv2.flip(image, flip)


def read_tags(read: Read) -> VideoTags:
    """
    Read the tags of a video.

    :param read: of its content
    :returns: what is known; a damaged header, or another kind of file, says nothing
    """
    start = read(0, 16)
    try:
        if start[:4] == MATROSKA:
            return _matroska(read)
        if start[4:8] in (b'ftyp', b'moov', b'mdat', b'wide', b'free', b'skip'):
            return _mp4(_movie_header(read))
    except (struct.error, IndexError, ValueError, ZeroDivisionError):
        pass
    return VideoTags()


def _movie_header(read: Read) -> bytes:
    """Return the box `moov`, wherever it is."""
    at = 0
    while len(head := read(at, 16)) >= 8:
        size, kind = int.from_bytes(head[:4], 'big'), head[4:8]
        if size == 1:
            size = int.from_bytes(head[8:16], 'big')
        if kind == b'moov':
            return read(at, min(size or LONGEST_HEADER, LONGEST_HEADER))
        if size < 8:
            break
        at += size
    return b''


def _mp4(data: bytes) -> VideoTags:
    for track in find(data, b'moov', b'trak'):
        handler = next(_in(data, track, b'mdia', b'hdlr'), None)
        entry = next(_in(data, track, b'mdia', b'minf', b'stbl', b'stsd'), None)
        header = next(_in(data, track, b'tkhd'), None)
        if not (handler and entry and header):
            continue
        if data[handler.start + 8 : handler.start + 12] != b'vide':
            continue
        sample = next(boxes(data, entry.start + 8, entry.end), None)
        if sample is not None:
            return _mp4_tags(data, header, sample)
    return VideoTags()


def _in(data: bytes, box: Box, *path: bytes) -> Iterator[Box]:
    return find(data, *path, start=box.start, end=box.end)


def _mp4_tags(data: bytes, header: Box, sample: Box) -> VideoTags:
    inner = Box(sample.kind, sample.start + VISUAL_ENTRY, sample.end)
    # Version 1 has times of 64 bits.
    matrix = header.start + (52 if data[header.start] else 40)
    a, b, _, c, d = struct.unpack_from('>5i', data, matrix)
    pixel_aspect = Fraction(1)
    for box in _in(data, inner, b'pasp'):
        width, height = struct.unpack_from('>II', data, box.start)
        pixel_aspect = Fraction(width, height) if width and height else pixel_aspect
    packing, other, is_mono = None, '', False
    for box in _in(data, inner, b'st3d'):
        mode = data[box.start + 4]
        is_mono, packing = mode == 0, {1: OVER_UNDER, 2: SIDE_BY_SIDE}.get(mode)
        other = {3: 'views on a mesh', 4: 'right and left in turns'}.get(mode, '')
    baseline = field_of_view = None
    for box in _in(data, inner, b'hfov'):
        field_of_view = struct.unpack_from('>I', data, box.start)[0] / 1000
    for box in _in(data, inner, b'vexu'):
        packing, other, is_mono, baseline = _spatial(data, box)
    return VideoTags(
        turn=_turn(a, b, c, d),
        packing=packing,
        other_packing=other,
        is_mono=is_mono,
        pixel_aspect=pixel_aspect,
        codec=sample.kind.decode('latin-1'),
        baseline=baseline,
        field_of_view=field_of_view,
    )


def _spatial(data: bytes, box: Box) -> tuple[Packing | None, str, bool, float | None]:
    """Return packing, another one in words, whether there is one view, and the baseline."""
    eyes = reverse = 0
    for info in _in(data, box, b'eyes', b'stri'):
        flags = data[info.start + 4]
        eyes, reverse = flags & 3, flags >> 3 & 1
    baseline = None
    for cameras in _in(data, box, b'eyes', b'cams', b'blin'):
        baseline = struct.unpack_from('>I', data, cameras.start + 4)[0] * 1e-6
    for kind in _in(data, box, b'pack', b'pkin'):
        axis = {b'side': 1, b'over': 0}.get(data[kind.start + 4 : kind.start + 8])
        if axis is not None:
            return Packing(axis, right_first=bool(reverse)), '', False, baseline
    other = 'a second layer of the same stream (MV-HEVC)' if eyes == 3 else ''
    return None, other, eyes in (1, 2), baseline


def _turn(a: int, b: int, c: int, d: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the directions of a matrix in steps of a quarter turn."""
    if a == d == 0 and b and c:
        return (0, _sign(c)), (_sign(b), 0)
    if b == c == 0 and a and d:
        return (_sign(a), 0), (0, _sign(d))
    return VideoTags.turn


def _sign(value: float) -> int:
    return 1 if value > 0 else -1


def _matroska(read: Read) -> VideoTags:
    track = _matroska_track(read)
    if track is None:
        return VideoTags()
    video = dict(_elements(track.get(VIDEO, b'')))
    projection = dict(_elements(video.get(PROJECTION, b'')))
    mode = int.from_bytes(video.get(STEREO_MODE, b''), 'big')
    packing = MATROSKA_PACKINGS.get(mode)
    width, height = (int.from_bytes(video.get(x, b''), 'big') for x in (WIDTH, HEIGHT))
    # The size on the screen is that of one view.
    view = (width // 2, height) if packing and packing.axis else (width, height)
    view = (width, height // 2) if packing and not packing.axis else view
    shown = [int.from_bytes(video.get(x, b''), 'big') for x in (DISPLAY_WIDTH, DISPLAY_HEIGHT)]
    pixel_aspect = Fraction(1)
    if all(shown) and all(view):
        pixel_aspect = Fraction(shown[0] * view[1], shown[1] * view[0])
    quarters = round(_real(projection.get(ROLL, b'')) / 90)  # against the clock
    cosine, sine = round(math.cos(quarters * math.pi / 2)), round(math.sin(quarters * math.pi / 2))
    mirror = -1 if abs(_real(projection.get(YAW, b''))) == 180 else 1
    return VideoTags(
        turn=((mirror * cosine, mirror * sine), (-sine, cosine)),
        packing=packing,
        other_packing=MATROSKA_OTHERS.get(mode, ''),
        is_mono=STEREO_MODE in video and mode == 0,
        pixel_aspect=pixel_aspect,
        codec=track.get(CODEC, b'').decode('latin-1').rstrip('\0'),
    )


def _real(data: bytes) -> float:
    return float(struct.unpack('>f' if len(data) == 4 else '>d', data)[0]) if data else 0.0


def _matroska_track(read: Read) -> dict[int, bytes] | None:
    """Return the elements of the first video track, by their numbers."""
    at = 0
    while head := read(at, 12):
        number, first = _number(head, 0, keep_marker=True)
        size, first = _number(head, first)
        unknown = size == (1 << 7 * (first - _length(number))) - 1
        if number == SEGMENT:
            at += first  # its elements come next
        elif number == TRACKS:
            for kind, content in _elements(read(at + first, min(size, LONGEST_HEADER))):
                track = dict(_elements(content)) if kind == TRACK else {}
                if track.get(TRACK_TYPE) == b'\1':
                    return track
            return None
        elif unknown or number == CLUSTER:
            return None
        else:
            at += first + size
    return None


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        number, at = _number(data, at, keep_marker=True)
        size, at = _number(data, at)
        yield number, data[at : at + size]
        at += size


def _length(number: int) -> int:
    return (number.bit_length() + 7) // 8


def _number(data: bytes, at: int, keep_marker: bool = False) -> tuple[int, int]:
    """Return a number of variable length, and where the next one begins."""
    length = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + length], 'big')
    return (value if keep_marker else value & (1 << 7 * length) - 1), at + length
