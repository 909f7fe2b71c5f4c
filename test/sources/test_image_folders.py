# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Folders and patterns of images as a source."""

from pathlib import Path

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
    assert not caplog.records


def test_start_is_at_the_image_of_that_time(write_images):
    images = {f'image_{number}': 10 * number for number in range(5)}
    source = ImageFolders(write_images('left', **images), write_images('right', **images))
    for start, first in [(0.0, 0), (0.1, 1), (0.25, 3), (0.3, 3), (0.4, 4)]:
        assert [frame.left[0, 0, 0] for frame in source.frames(start)] == list(
            range(10 * first, 50, 10)
        )
    with pytest.raises(StartError, match='0.41 s is beyond the end of .*which is 0.5 s long'):
        next(source.frames(0.41))


def test_words_for_the_side_do_not_count(write_images, caplog):
    folder = write_images('both', left_1=10, right_1=11, left_2=20, right_2=21)
    assert values(ImageFolders(f'{folder}/left*', f'{folder}/right*')) == [(10, 11), (20, 21)]
    folder = write_images('short', a_L=10, a_R=11, girl_l=20, girl_r=21)
    assert values(ImageFolders(f'{folder}/*_[lL].png', f'{folder}/*_[rR].png')) == [
        *((10, 11), (20, 21))
    ]
    assert not caplog.records


def test_missing_partners_are_told_and_left_out(write_images, caplog):
    left = write_images('left', a=10, b=20, c=30)
    right = write_images('right', a=11, c=31, d=41, e=51, f=61, g=71)
    assert values(ImageFolders(left, right)) == [(10, 11), (30, 31)]
    assert f'they have no partner in {right}: b.png' in caplog.text
    assert f'they have no partner in {left}: d.png, e.png, f.png and 1 more' in caplog.text


def test_other_names_are_paired_by_order_and_that_is_told(write_images, caplog):
    left, right = write_images('left', a=10, b=20), write_images('right', x=11, y=21)
    assert values(ImageFolders(left, right)) == [(10, 11), (20, 21)]
    assert 'paired by order, beginning with a.png and x.png' in caplog.text


def test_other_names_of_unequal_number_are_refused(write_images):
    left, right = write_images('left', a=10, b=20), write_images('right', x=11)
    with pytest.raises(SourceError, match=r'has 2 images and .* 1, and none .*a\.png, x\.png.*'):
        ImageFolders(left, right)


def test_other_files_in_a_folder_are_passed_over(write_images, caplog):
    left, right = write_images('left', a=10), write_images('right', a=11)
    (Path(left) / 'notes.txt').write_text('Dear reader')
    (Path(left) / 'more').mkdir()
    (Path(right) / '.a.png').write_bytes((Path(right) / 'a.png').read_bytes())
    assert values(ImageFolders(left, right)) == [(10, 11)]
    assert not caplog.records


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
