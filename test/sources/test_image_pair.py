# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Two image files as a source."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from crestereo_ros.sources import SourceError
from crestereo_ros.sources.image_pair import ImagePair, read_image
from crestereo_ros.sources.local_file import LocalFile


def test_frame_is_given_as_often_as_asked(write_image):
    source = ImagePair(
        LocalFile(write_image('l.png', (10, 20, 30))),
        LocalFile(write_image('r.png', (40, 50, 60))),
    )
    for _ in range(2):
        (frame,) = source
        assert frame.left.shape == frame.right.shape == (48, 64, 3)
        assert frame.left[0, 0].tolist() == [10, 20, 30]
        assert frame.right[0, 0].tolist() == [40, 50, 60]
        assert frame.time == 0
    assert source.length == 1
    assert source.rate > 0


def test_unequal_sizes_are_named(write_image):
    left, right = write_image('l.png'), write_image('r.png', size=(30, 40))
    with pytest.raises(SourceError, match=r'l\.png is 64x48 and .*r\.png is 40x30.*scale'):
        ImagePair(LocalFile(left), LocalFile(right))


def test_grey_becomes_three_equal_channels(write_image):
    image = read_image(
        LocalFile(write_image('grey.png', np.arange(48 * 64, dtype=np.uint8).reshape(48, 64)))
    )
    assert image.dtype == np.uint8 and image.shape == (48, 64, 3)
    assert (image == image[:, :, :1]).all()
    assert image[0, 7].tolist() == [7, 7, 7]


def test_sixteen_bits_keep_the_upper_eight(write_image):
    deep = (np.arange(256, dtype=np.uint16) << 8).reshape(16, 16)
    image = read_image(LocalFile(write_image('deep.png', deep)))
    assert image.dtype == np.uint8 and image.shape == (16, 16, 3)
    assert (image[:, :, 0].ravel() == np.arange(256)).all()


@pytest.mark.parametrize('channels', [1, 3])
def test_real_numbers_use_the_whole_range(write_image, channels):
    deep = np.linspace(20.5, 30.5, 256 * channels, dtype=np.float32).reshape(16, 16, channels)
    image = read_image(LocalFile(write_image('thermal.tiff', deep)))
    assert image.dtype == np.uint8 and image.shape == (16, 16, 3)
    assert np.ptp(image) > 150 and (np.diff(image[:, :, 0].ravel().astype(int)) >= 0).all()


def test_transparency_is_left_out(write_image):
    image = read_image(
        LocalFile(write_image('alpha.png', np.full((4, 5, 4), (9, 8, 7, 0), np.uint8)))
    )
    assert image.shape == (4, 5, 3)
    assert image[0, 0].tolist() == [9, 8, 7]


def test_exif_orientation_turns_the_image_upright(tmp_path):
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, :32] = 255  # bright on the left as stored; orientation 6 turns that to the top
    jpeg = cv2.imencode('.jpg', image)[1].tobytes()
    tiff = b'MM\0*' + struct.pack('>IHHHIHHI', 8, 1, 0x0112, 3, 1, 6, 0, 0)
    exif = b'Exif\0\0' + tiff
    path = tmp_path / 'phone.jpg'
    path.write_bytes(jpeg[:2] + b'\xff\xe1' + struct.pack('>H', len(exif) + 2) + exif + jpeg[2:])
    upright = read_image(LocalFile(path))
    assert upright.shape == (64, 48, 3)
    assert upright[:28].min() > 200
    assert upright[36:].max() < 55


def test_image_cut_off_is_refused(write_image):
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    path = write_image('cut.png', noise)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(SourceError, match=r'cut\.png cannot be decoded: it is damaged or cut off'):
        read_image(LocalFile(path))


def test_image_with_more_pixels_than_opencv_takes_is_refused(write_image):
    path = write_image('left.png')
    content = path.read_bytes()
    header = struct.pack('>4sII', b'IHDR', 60000, 60000) + content[24:29]
    checksum = struct.pack('>I', zlib.crc32(header))
    path.write_bytes(content[:12] + header + checksum + content[33:])
    with pytest.raises(SourceError, match='left.png cannot be decoded'):
        read_image(LocalFile(str(path)))


def test_other_file_is_refused(tmp_path):
    path = tmp_path / 'letter.png'
    path.write_text('Dear reader')
    with pytest.raises(SourceError, match=r'letter\.png is not an image'):
        read_image(LocalFile(path))
