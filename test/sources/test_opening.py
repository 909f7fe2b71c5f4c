# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which source opens for what a user gives."""

import os

import pytest

from crestereo_ros.sources import open_source, SourceError
from crestereo_ros.sources.image_folders import ImageFolders
from crestereo_ros.sources.image_pair import ImagePair
from crestereo_ros.sources.packed_video import PackedVideo
from crestereo_ros.sources.packing import PACKINGS
from crestereo_ros.sources.video_pair import VideoPair


def test_content_decides_what_opens(write_image, write_video):
    image, video = write_image('a.png'), write_video('b.avi')
    unnamed_image, unnamed_video = image.rename(image.with_suffix('')), video.with_suffix('')
    video.rename(unnamed_video)
    for source, kind in [
        ((unnamed_image, unnamed_image), ImagePair),
        ((unnamed_video, unnamed_video), VideoPair),
        ((unnamed_video,), PackedVideo),
    ]:
        assert type(open_source(*map(str, source))) is kind


def test_folders_and_patterns_are_opened_as_such(write_image, tmp_path):
    image, folder = write_image('a.png'), tmp_path / 'right'
    folder.mkdir()
    write_image('right/a.png')
    for pair in [(tmp_path, folder), (tmp_path / '*.png', folder)]:
        assert type(open_source(*map(str, pair))) is ImageFolders
    one_each = str(image), str(folder / 'a.png')
    assert type(open_source(*one_each, source_type='image_folders')) is ImageFolders
    odd = image.rename(tmp_path / 'a[1].png')  # a file before it is a pattern
    assert type(open_source(str(odd), str(odd))) is ImagePair


@pytest.mark.parametrize('name', PACKINGS)
def test_packing_can_be_named(write_video, name):
    assert open_source(str(write_video('a.avi')), source_type=name).packing is PACKINGS[name]


def test_pair_of_a_named_type_is_opened_as_that(write_image, write_video):
    image, video = str(write_image('a.png')), str(write_video('b.avi'))
    assert type(open_source(image, image, source_type='image_pair')) is ImagePair
    assert type(open_source(video, video, source_type='video_pair')) is VideoPair
    with pytest.raises(SourceError, match=r'b\.avi is not an image'):
        open_source(video, video, source_type='image_pair')


@pytest.mark.parametrize(
    ('source_type', 'right', 'message'),
    [
        ('sideways', False, "no source_type 'sideways': it is one of auto, image_pair, "),
        (
            'over_under',
            True,
            'over_under is one image or video with both views, .*: leave source_right',
        ),
        ('video_pair', False, 'video_pair has two sides: name the right one'),
    ],
)
def test_type_that_does_not_fit_is_refused(write_video, source_type, right, message):
    video = str(write_video('a.avi'))
    with pytest.raises(SourceError, match=message):
        open_source(video, video if right else '', source_type=source_type)


def test_home_folder_is_understood(write_video, monkeypatch):
    path = write_video('both.avi')
    monkeypatch.setenv('HOME', str(path.parent))
    assert open_source('~/both.avi').length == 5


@pytest.mark.parametrize(
    ('names', 'message'),
    [
        (('',), 'no source is given: name'),
        (('', 'image.png'), 'no source is given: name'),
        (('image.png',), 'image.png is one image: name the right one too'),
        (('image.png', 'video.avi'), 'image.png is an image, but .*video.avi is not: give two'),
        (('video.avi', 'image.png'), 'image.png is an image, but .*video.avi is not: give two'),
        (('missing.png', 'image.png'), 'missing.png does not exist'),
        (('video.avi', 'missing.avi'), 'missing.avi does not exist'),
        (('folder',), 'folder is a folder or a pattern: name two of them'),
        (('image.png', '*.png'), r'\*.png is a folder or a pattern: name two of them'),
        (('empty.png', 'image.png'), r'empty.png is empty \(0 bytes\)'),
        (('letter.txt',), 'letter.txt is neither an image nor a video'),
        (('video.avi', 'letter.txt'), 'letter.txt is neither an image nor a video'),
    ],
)
def test_unusable_sources_are_named(write_image, write_video, tmp_path, names, message):
    write_image('image.png')
    write_video('video.avi')
    (tmp_path / 'folder').mkdir()
    (tmp_path / 'empty.png').touch()
    (tmp_path / 'letter.txt').write_text('Dear reader\n' * 100)
    with pytest.raises(SourceError, match=message):
        open_source(*(name and str(tmp_path / name) for name in names))


@pytest.mark.skipif(os.geteuid() == 0, reason='root may read everything')
def test_file_without_permission_is_named(write_video):
    path = write_video('mine.avi')
    path.chmod(0)
    with pytest.raises(SourceError, match=r'mine\.avi cannot be read: Permission denied'):
        open_source(str(path))


def test_address_of_a_local_file(write_video):
    path = write_video('two views.avi')
    assert open_source(path.as_uri()).length == 5
