# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Rotation, packing and shape of pixels in the headers of videos."""

from fractions import Fraction
from pathlib import Path
import struct
import sys

import av
import cv2
import numpy as np
import pytest

from crestereo_ros.sources import open_source, SourceError
from crestereo_ros.sources.local_file import LocalFile
from crestereo_ros.sources.packing import Packing
from crestereo_ros.sources.video import Video
from crestereo_ros.sources.video_tags import read_tags, VideoTags

PICTURE = np.zeros((64, 96, 3), np.uint8)
PICTURE[:32, :48], PICTURE[:32, 48:], PICTURE[32:, :48] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
ONE = 1 << 16
# The picture three times, encoded by SVT-AV1. The tests of video packets say why not here.
AV1 = Path(__file__).parent / 'picture_av1.mp4'


@pytest.fixture
def encode(tmp_path):
    """Return a function that writes a video of one picture, and gives its path."""

    def encode(name='a.mp4', pixel_aspect=(1, 1), **metadata):
        with av.open(str(tmp_path / name), 'w') as container:
            stream = container.add_stream('libx264', rate=10)
            stream.width, stream.height, stream.pix_fmt = 96, 64, 'yuv420p'
            stream.codec_context.sample_aspect_ratio = Fraction(*pixel_aspect)
            stream.metadata.update(metadata)
            for number in range(3):
                frame = av.VideoFrame.from_ndarray(PICTURE, format='bgr24')
                frame.pts, frame.time_base = number, Fraction(1, 10)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return tmp_path / name

    return encode


@pytest.mark.parametrize(
    ('matrix', 'turn'),
    [
        ((1, 0, 0, 1), lambda image: image),
        ((0, 1, -1, 0), lambda image: cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE)),
        ((-1, 0, 0, -1), lambda image: cv2.rotate(image, cv2.ROTATE_180)),
        ((0, -1, 1, 0), lambda image: cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE)),
        ((-1, 0, 0, 1), lambda image: cv2.flip(image, 1)),
        ((0, 1, 1, 0), cv2.transpose),
    ],
    ids=['0', '90', '180', '270', 'mirrored', 'mirrored-90'],
)
def test_pictures_are_turned_as_the_header_says(encode, matrix, turn):
    path = encode()
    content = bytearray(path.read_bytes())
    a, b, c, d = (ONE * x for x in matrix)
    at = content.index(b'tkhd') + 44
    content[at : at + 36] = struct.pack('>9i', a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    video = Video(LocalFile(path))
    image, _ = next(video.frames())
    wanted = turn(PICTURE)
    assert video.shape == image.shape == wanted.shape
    assert np.abs(image.astype(int) - wanted).mean() < 10


def test_pixels_twice_as_wide_are_half_views(encode):
    source = open_source(str(encode(pixel_aspect=(2, 1))))
    assert source.packing == Packing(axis=1, half=True)
    assert next(iter(source)).left.shape == (64, 96, 3)


def test_matroska_says_how_views_are_packed(encode):
    source = open_source(str(encode('a.mkv', stereo_mode='bottom_top')))
    assert source.packing == Packing(axis=0, right_first=True)
    left = next(iter(source)).left
    assert np.abs(left.astype(int) - PICTURE[32:]).mean() < 10
    with pytest.raises(SourceError, match=r'c\.mkv has rows in turns, which cannot be split here'):
        open_source(str(encode('c.mkv', stereo_mode='row_interleaved_rl')))


def element(number, body):
    return bytes.fromhex(number) + struct.pack('>B', 0x08) + len(body).to_bytes(4, 'big') + body


def test_matroska_gives_the_size_of_a_view(tmp_path):
    video = b''.join(
        element(number, value.to_bytes(2, 'big'))
        for number, value in (('b0', 1920), ('ba', 1080), ('54b0', 1920), ('54ba', 1080))
    )
    track = element('83', b'\1') + element('e0', video + element('53b8', b'\1'))
    content = element('1a45dfa3', b'') + element(
        '18538067', element('1654ae6b', element('ae', track))
    )
    tags = read_tags(lambda start, size: content[start : start + size])
    assert tags.packing == Packing(axis=1) and tags.pixel_aspect == 2


def box(kind, body):
    return struct.pack('>I4s', 8 + len(body), kind) + body


def with_boxes(content, extra):
    """Add boxes to the description of the video track; the index comes after the pictures."""
    content, start = bytearray(content), content.index(b'moov') - 4
    assert start > content.index(b'mdat')
    at = content.index(b'avc1', start) - 4
    end = at + int.from_bytes(content[at : at + 4], 'big')
    for kind in (b'moov', b'trak', b'mdia', b'minf', b'stbl', b'stsd', b'avc1'):
        place = content.index(kind, start) - 4
        size = int.from_bytes(content[place : place + 4], 'big') + len(extra)
        content[place : place + 4] = size.to_bytes(4, 'big')
    return bytes(content[:end]) + extra + bytes(content[end:])


def vexu(*inner):
    return box(b'vexu', b''.join(inner))


EYES = box(b'stri', bytes(4) + b'\x03')
CAMERAS = box(b'cams', box(b'blin', bytes(4) + (64_000).to_bytes(4, 'big')))


def test_spherical_video_says_how_views_are_packed(encode):
    path = encode()
    path.write_bytes(with_boxes(path.read_bytes(), box(b'st3d', bytes(4) + b'\1')))
    assert open_source(str(path)).packing == Packing(axis=0)
    path.write_bytes(with_boxes(encode().read_bytes(), box(b'st3d', bytes(5))))
    with pytest.raises(SourceError, match=r'a\.mp4 says that it has a single view'):
        open_source(str(path))
    assert open_source(str(path), source_type='side_by_side').packing == Packing(axis=1)


def test_spatial_video_says_packing_and_cameras(encode):
    path = encode()
    packed = vexu(box(b'eyes', EYES + CAMERAS), box(b'pack', box(b'pkin', bytes(4) + b'side')))
    content = path.read_bytes()
    path.write_bytes(with_boxes(content, packed + box(b'hfov', (90_000).to_bytes(4, 'big'))))
    source = open_source(str(path))
    assert source.packing == Packing(axis=1)
    assert source.calibration.baseline == pytest.approx(0.064)
    assert source.calibration.focal_length == pytest.approx(24)  # half of 48 columns
    path.write_bytes(with_boxes(content, vexu(box(b'eyes', EYES))))
    with pytest.raises(SourceError, match='has a second layer of the same stream .MV-HEVC'):
        open_source(str(path))


@pytest.mark.parametrize('codec', ['av1', 'h264'])
def test_pyav_decodes_what_opencv_cannot(encode, codec):
    video = Video(LocalFile(AV1 if codec == 'av1' else encode()))
    video._other = True  # this OpenCV may know the codec
    times = [time for _, time in video.frames()]
    assert times == pytest.approx([0, 0.1, 0.2])
    image, time = next(video.frames(0.15))
    assert time == pytest.approx(0.2)
    assert np.abs(image.astype(int) - PICTURE).mean() < 10


def test_undecodable_codec_is_named(encode, monkeypatch):
    path = encode()
    content = path.read_bytes().replace(b'avc1', b'xyz1')
    path.write_bytes(content)
    monkeypatch.setitem(sys.modules, 'av', None)
    with pytest.raises(SourceError, match=r'a\.mp4 .* its codec is xyz1, .*pip install av'):
        Video(LocalFile(path))


@pytest.mark.parametrize('start', [b'', b'RIFF....AVI ', b'\x1aE\xdf\xa3\x01', b'\0\0\0\x08moov'])
def test_other_files_have_no_tags(start):
    assert read_tags(lambda at, size: start[at : at + size]) == VideoTags()
