# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Image files with both views: spatial photographs, MPO, JPS, and packed ones."""

from io import BytesIO
import struct
import sys

import cv2
import numpy as np
from PIL import Image
import pillow_heif
import pytest

from crestereo_ros.sources import open_source, SourceError

HEIGHT, WIDTH = 48, 64


def picture(seed):
    noise = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    return cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


LEFT, RIGHT = picture(0), picture(1)


def box(kind, body):
    return struct.pack('>I4s', 8 + len(body), kind) + body


def write_heif(path, *images):
    file = pillow_heif.HeifFile()
    for image in images:
        file.add_from_pillow(Image.fromarray(image[..., ::-1].copy()))
    file.save(path, quality=95)
    return path.read_bytes()


def meta_at(content):
    start = content.index(b'meta') - 4
    return start, start + int.from_bytes(content[start : start + 4], 'big')


def inner_box(meta, kind):
    start = meta.index(kind) - 4
    return start, start + int.from_bytes(meta[start : start + 4], 'big')


def as_spatial(content, items, cameras):
    """
    Add a stereo group, and what is known of both cameras, to a HEIF file of two images.

    The box of metadata moves to the end, so that places in the file stay as they are.
    """
    start, end = meta_at(content)
    meta = content[start + 8 : end]
    whole, shared, owners = (inner_box(meta, kind) for kind in (b'iprp', b'ipco', b'ipma'))
    properties = meta[shared[0] + 8 : shared[1]]
    known = len(list(_boxes(properties)))
    entries, at = b'', owners[0] + 16
    for number in range(2):
        count = meta[at + 2]
        own = meta[at + 3 : at + 3 + count] + bytes(known + 2 * number + i for i in (1, 2))
        entries += meta[at : at + 2] + bytes((len(own),)) + own
        at += 3 + count
    ipco = box(b'ipco', properties + b''.join(cameras))
    ipma = box(b'ipma', meta[owners[0] + 8 : owners[0] + 16] + entries)
    meta = meta[: whole[0]] + box(b'iprp', ipco + ipma) + meta[whole[1] :]
    group = box(b'ster', struct.pack('>IIIII', 0, 99, 2, *items))
    meta = box(b'meta', meta + box(b'grpl', group))
    free = box(b'free', bytes(end - start - 8))
    return content[:start] + free + content[end:] + meta


def _boxes(data):
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], 'big')
        yield data[at : at + size]
        at += size


def camera(focal_length, x):
    shift = 16
    intrinsic = box(
        b'cmin',
        struct.pack('>IIII', shift << 8, round(focal_length / WIDTH * 65536), 32768, 24576),
    )
    return intrinsic + box(b'cmex', struct.pack('>Ii', 1, x))


def close(image, wanted):
    return np.abs(image.astype(int) - wanted).mean() < 12


def test_spatial_photograph_has_both_views_and_its_cameras(tmp_path):
    content = write_heif(tmp_path / 'two.heic', RIGHT, LEFT)  # the first one is the right view
    items = list(_items(content))
    cameras = [camera(80.0, 63_500), camera(80.0, 0)]
    path = tmp_path / 'spatial.heic'
    path.write_bytes(as_spatial(content, items[::-1], cameras))
    source = open_source(str(path))
    (frame,) = source
    assert close(frame.left, LEFT) and close(frame.right, RIGHT)
    assert source.calibration.focal_length == pytest.approx(80, abs=0.01)
    assert source.calibration.baseline == pytest.approx(0.0635)


def _items(content):
    start, end = meta_at(content)
    meta = content[start:end]
    first, last = inner_box(meta, b'iinf')
    for entry in _boxes(meta[first + 14 : last]):
        yield int.from_bytes(entry[12:14], 'big')


def test_photographs_in_heif_are_a_pair_and_never_a_tile(tmp_path):
    for name, image in (('l.heic', LEFT), ('r.heif', RIGHT)):
        write_heif(tmp_path / name, image)
    (frame,) = open_source(str(tmp_path / 'l.heic'), str(tmp_path / 'r.heif'))
    assert close(frame.left, LEFT) and close(frame.right, RIGHT)
    with pytest.raises(SourceError, match=r'l\.heic is one image: name the right one too'):
        open_source(str(tmp_path / 'l.heic'))
    with pytest.raises(SourceError, match=r'l\.heic is an image, but .*v\.avi is not'):
        (tmp_path / 'v.avi').write_bytes(b'RIFF' + bytes(100))
        open_source(str(tmp_path / 'l.heic'), str(tmp_path / 'v.avi'))


def test_heif_is_turned_upright(tmp_path):
    upright = cv2.rotate(LEFT, cv2.ROTATE_90_CLOCKWISE)
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = Image.fromarray(LEFT[..., ::-1].copy())
    pillow_heif.from_pillow(stored).save(tmp_path / 'turned.heic', quality=95, exif=exif.tobytes())
    content = (tmp_path / 'turned.heic').read_bytes()
    assert b'irot' in content
    write_heif(tmp_path / 'r.heic', cv2.rotate(RIGHT, cv2.ROTATE_90_CLOCKWISE))
    (frame,) = open_source(str(tmp_path / 'turned.heic'), str(tmp_path / 'r.heic'))
    assert close(frame.left, upright)


def test_missing_decoder_is_named(tmp_path, monkeypatch):
    write_heif(tmp_path / 'l.heic', LEFT)
    monkeypatch.setitem(sys.modules, 'pillow_heif', None)
    with pytest.raises(SourceError, match=r'l\.heic is a HEIF image.*pip install pillow-heif'):
        open_source(str(tmp_path / 'l.heic'), str(tmp_path / 'l.heic'))


def test_damaged_heif_is_named(tmp_path):
    content = write_heif(tmp_path / 'l.heic', LEFT)
    (tmp_path / 'l.heic').write_bytes(content[: len(content) // 2])
    with pytest.raises(SourceError, match=r'l\.heic cannot be decoded as HEIF'):
        open_source(str(tmp_path / 'l.heic'), str(tmp_path / 'l.heic'))


def jpeg(image):
    return cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def test_mpo_has_both_views(tmp_path):
    left, right = (Image.open(BytesIO(jpeg(image))) for image in (LEFT, RIGHT))
    left.save(tmp_path / 'a.mpo', save_all=True, append_images=[right], quality=95)
    (frame,) = open_source(str(tmp_path / 'a.mpo'))
    assert close(frame.left, LEFT) and close(frame.right, RIGHT)


def test_mpo_with_a_preview_is_one_image(tmp_path):
    preview = Image.open(BytesIO(jpeg(cv2.resize(RIGHT, (32, 24)))))
    Image.open(BytesIO(jpeg(LEFT))).save(
        tmp_path / 'a.jpg', format='MPO', save_all=True, append_images=[preview]
    )
    with pytest.raises(SourceError, match=r'a\.jpg is one image'):
        open_source(str(tmp_path / 'a.jpg'))


@pytest.mark.parametrize(
    ('flags', 'layout', 'views'),
    [
        (0, 2, lambda: np.hstack([RIGHT, LEFT])),
        (4, 2, lambda: np.hstack([LEFT, RIGHT])),
        (0, 3, lambda: np.vstack([RIGHT, LEFT])),
        (
            6,
            2,
            lambda: cv2.resize(
                np.hstack([LEFT, RIGHT]), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA
            ),
        ),
    ],
    ids=['crossed', 'parallel', 'over-under', 'half'],
)
def test_jps_says_how_it_is_packed(tmp_path, flags, layout, views):
    content = jpeg(views())
    descriptor = b'_JPSJPS_' + struct.pack('>H4B', 4, 0, flags, layout, 1)
    segment = struct.pack('>HH', 0xFFE3, len(descriptor) + 2) + descriptor
    (tmp_path / 'a.jpg').write_bytes(content[:2] + segment + content[2:])
    (frame,) = open_source(str(tmp_path / 'a.jpg'))
    assert np.abs(frame.left.astype(int) - LEFT).mean() < 12
    assert np.abs(frame.right.astype(int) - RIGHT).mean() < 12


def test_jps_without_descriptor_is_for_crossed_eyes(tmp_path):
    (tmp_path / 'a.jps').write_bytes(jpeg(np.hstack([RIGHT, LEFT])))
    (frame,) = open_source(str(tmp_path / 'a.jps'))
    assert close(frame.left, LEFT)


def test_packed_image_has_to_be_named(write_image):
    path = str(write_image('both.png', np.vstack([LEFT, RIGHT])))
    with pytest.raises(SourceError, match=r'or set source_type to side_by_side or over_under'):
        open_source(path)
    (frame,) = open_source(path, source_type='over_under')
    assert (frame.left == LEFT).all() and (frame.right == RIGHT).all()
    same = str(write_image('same.png', np.hstack([LEFT, LEFT])))
    with pytest.raises(SourceError, match='are one and the same picture'):
        open_source(same, source_type='side_by_side')
