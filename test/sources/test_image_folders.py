# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Folders and patterns of images as a source."""

import logging
from pathlib import Path

import numpy as np
import pytest

from crestereo_ros.sources import open_source, SourceError, StartError
from crestereo_ros.sources.image_folders import ImageFolders

PHONE_PAIRS = Path(__file__).parents[2] / '../shared/samples/phone_pairs'


@pytest.fixture
def write_images(write_image, tmp_path):
    """Return a function that writes images, named with their brightness, and gives the folder."""

    def write(folder, **images):
        (tmp_path / folder).mkdir(exist_ok=True)
        for name, value in images.items():
            write_image(f'{folder}/{name}.png', (value,) * 3)
        return str(tmp_path / folder)

    return write


def values(source):
    """Return what each pair shows, as (left, right)."""
    return [(int(frame.left[0, 0, 0]), int(frame.right[0, 0, 0])) for frame in source]


def test_equal_names_are_pairs_in_the_order_of_their_numbers(write_images, caplog):
    left = write_images('left', image_10=30, image_9=20, image_1=10)
    right = write_images('right', image_1=11, image_9=21, image_10=31)
    source = ImageFolders(left, right)
    assert source.length == 3
    for _ in range(2):
        assert values(source) == [(10, 11), (20, 21), (30, 31)]
        assert [frame.time for frame in source] == pytest.approx([0, 0.1, 0.2])
    assert source.rate == 10
    assert not [x for x in caplog.records if x.levelno >= logging.WARNING]


def test_start_is_at_the_image_of_that_time(write_images):
    images = {f'image_{number}': 10 * number for number in range(5)}
    source = ImageFolders(write_images('left', **images), write_images('right', **images))
    for start, first in [(0.0, 0), (0.1, 1), (0.25, 3), (0.3, 3), (0.4, 4)]:
        assert [frame.left[0, 0, 0] for frame in source.frames(start)] == list(
            range(10 * first, 50, 10)
        )
    with pytest.raises(StartError, match='0.41 s is beyond the end of .*which is 0.5 s long'):
        next(source.frames(0.41))


def test_words_for_the_side_are_ignored_in_names(write_images, caplog):
    folder = write_images('both', left_1=10, right_1=11, left_2=20, right_2=21)
    assert values(ImageFolders(f'{folder}/left*', f'{folder}/right*')) == [(10, 11), (20, 21)]
    folder = write_images('short', a_L=10, a_R=11, girl_l=20, girl_r=21)
    assert values(ImageFolders(f'{folder}/*_[lL].png', f'{folder}/*_[rR].png')) == [
        *((10, 11), (20, 21))
    ]
    assert not [x for x in caplog.records if x.levelno >= logging.WARNING]


def test_images_without_partners_are_logged_and_left_out(write_images, caplog):
    left = write_images('left', a=10, b=20, c=30)
    right = write_images('right', a=11, c=31, d=41, e=51, f=61, g=71)
    assert values(ImageFolders(left, right)) == [(10, 11), (30, 31)]
    assert f'they have no partner in {right}: {left}/b.png; the first' in caplog.text
    named = ', '.join(f'{right}/{name}.png' for name in 'def')
    assert f'they have no partner in {left}: {named} and 1 more' in caplog.text


def test_unequal_names_are_paired_by_order_with_a_warning(write_images, caplog):
    left, right = write_images('left', a=10, b=20), write_images('right', x=11, y=21)
    assert values(ImageFolders(left, right)) == [(10, 11), (20, 21)]
    assert (
        f'2 pairs by order, because no names are equal, the first is {left}/a.png' in caplog.text
    )


def test_unequal_numbers_of_unequal_names_are_refused(write_images):
    left, right = write_images('left', a=10, b=20), write_images('right', x=11)
    with pytest.raises(SourceError, match=r'has 2 images and .* 1, and none .*a\.png, .*x\.png.*'):
        ImageFolders(left, right)


def test_other_files_in_a_folder_are_ignored(write_images, caplog):
    left, right = write_images('left', a=10), write_images('right', a=11)
    (Path(left) / 'notes.txt').write_text('Dear reader')
    (Path(left) / 'more').mkdir()
    (Path(right) / '.a.png').write_bytes((Path(right) / 'a.png').read_bytes())
    assert values(ImageFolders(left, right)) == [(10, 11)]
    assert not [x for x in caplog.records if x.levelno >= logging.WARNING]


@pytest.mark.parametrize('text', ['empty', 'empty/*.png'])
def test_nothing_to_play_is_refused(write_images, tmp_path, text):
    (tmp_path / 'empty').mkdir()
    with pytest.raises(SourceError, match=r'/empty.* has no images: name'):
        ImageFolders(write_images('left', a=10), str(tmp_path / text))


def test_damaged_pair_is_refused_first_and_left_out_later(write_images, write_image, caplog):
    left = write_images('left', a=10, b=20, c=30, d=40)
    right = write_images('right', a=11, b=21, c=31, d=41)
    source = ImageFolders(left, right)
    (Path(left) / 'b.png').write_bytes(b'\x89PNG\r\n\x1a\n')
    write_image('right/c.png', (31, 31, 31), size=(30, 40))
    assert values(source) == [(10, 11), (40, 41)]
    assert 'left out: ' in caplog.text and 'b.png cannot be decoded' in caplog.text
    assert 'right/c.png is 40x30' in caplog.text
    (Path(left) / 'a.png').unlink()
    with pytest.raises(SourceError, match=r'b\.png'):
        ImageFolders(left, right)
    for path in Path(left).iterdir():
        path.unlink()
    with pytest.raises(SourceError, match='none of the 4 pairs can be read any more'):
        values(source)


@pytest.mark.skipif(not PHONE_PAIRS.exists(), reason='the phone pairs are not here')
def test_real_pairs_in_one_folder():
    source = open_source(*(f'{PHONE_PAIRS}/*_{side}.jpg' for side in ('left', 'right')))
    assert source.length == 5
    frame = next(iter(source))
    assert frame.left.shape == frame.right.shape


def test_pictures_of_several_folders_are_paired_by_their_paths(write_images, tmp_path, caplog):
    for drive, value in (('drive_1', 10), ('drive_2', 20)):
        (tmp_path / drive).mkdir()
        write_images(f'{drive}/image_02', **{'0': value, '1': value + 4})
        write_images(f'{drive}/image_03', **{'0': value + 1, '1': value + 5})
    patterns = [f'{tmp_path}/drive_*/image_0{number}/*.png' for number in (2, 3)]
    assert values(ImageFolders(*patterns)) == [(10, 11), (14, 15), (20, 21), (24, 25)]
    first = [f'{tmp_path}/drive_1/image_0{number}/0.png' for number in (2, 3)]
    assert f'4 pairs, the first is {first[0]} and {first[1]}' in caplog.text


def test_a_pattern_may_match_folders(write_images, tmp_path):
    for drive in (1, 2):
        for camera in (2, 3):
            (tmp_path / f'drive_{drive}').mkdir(exist_ok=True)
            brightness = 50 * drive + camera
            write_images(f'drive_{drive}/image_{camera}', a=brightness, b=brightness + 10)
    patterns = [str(tmp_path / f'drive_*/image_{camera}') for camera in (2, 3)]
    expected = [(52, 53), (62, 63), (102, 103), (112, 113)]
    assert values(ImageFolders(*patterns)) == expected


def test_scenes_without_one_side_are_left_out(write_images, tmp_path, caplog):
    write_images('a', left=10, right=11)
    write_images('b', left=20)
    write_images('c', right=31)
    sides = [f'{tmp_path}/*/{side}.png' for side in ('left', 'right')]
    assert values(ImageFolders(*sides)) == [(10, 11)]
    assert f'{tmp_path}/b/left.png' in caplog.text and f'{tmp_path}/c/right.png' in caplog.text
    sides = [f'{tmp_path}/**/{side}.png' for side in ('left', 'right')]
    assert values(ImageFolders(*sides)) == [(10, 11)]


def test_images_alone_in_their_folders_are_a_pair(write_images, tmp_path, caplog):
    write_images('a', x_1=10, y_2=11)
    write_images('b', x_3=20, y_4=21)
    assert values(ImageFolders(f'{tmp_path}/*/x_*', f'{tmp_path}/*/y_*')) == [(10, 11), (20, 21)]
    assert '2 pairs by their folders' in caplog.text
    write_images('a', x_5=30)
    with pytest.raises(SourceError, match='has 2 images and .* 1, and none of their names'):
        ImageFolders(f'{tmp_path}/a/x_*', f'{tmp_path}/a/y_*')


def test_same_images_on_both_sides_are_refused(write_images, write_image, tmp_path):
    folder = write_images('left', a=10, b=20)
    with pytest.raises(SourceError, match='are the same images: name the folders of two cameras'):
        ImageFolders(folder, f'{folder}/*.png')
    (tmp_path / 'copy').mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (8, 8, 3), np.uint8)
    for copy in ('left/a.png', 'copy/a.png'):
        write_image(copy, noise)
    with pytest.raises(SourceError, match=r'left/a\.png and .*copy/a\.png are one and the same'):
        ImageFolders(folder, str(tmp_path / 'copy'))


def test_brackets_may_be_in_names(write_images):
    left, right = write_images('take [1] left', a=10), write_images('take [1] right', a=11)
    assert values(ImageFolders(left, right)) == [(10, 11)]
    assert values(ImageFolders(f'{left}/*.png', f'{right}/*.png')) == [(10, 11)]
    with pytest.raises(SourceError, match=r'has no images: .*for a bracket in a name, write'):
        ImageFolders(f'{left}/*.jpg', right)


def test_numbers_of_both_sides_are_scaled_alike(write_image, tmp_path):
    for side, offset in (('left', 0), ('right', 100)):
        (tmp_path / side).mkdir()
        deep = np.linspace(0, 800, 64).astype(np.uint16).reshape(8, 8) + offset
        write_image(f'{side}/a.png', deep.astype(np.uint16))
    frame = next(iter(ImageFolders(str(tmp_path / 'left'), str(tmp_path / 'right'))))
    assert (frame.right.astype(int) - frame.left == 25).all()  # 100 of 1024, as 8 bits
