# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What arguments and lists name, and the names of results."""

from io import StringIO
import os

import pytest

from crestereo_ros.batch.entries import entries_of, named, SourceEntry
from crestereo_ros.batch.errors import BatchError


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Return a function that makes files in the working directory."""
    monkeypatch.chdir(tmp_path)

    def make(*paths, content=b'0'):
        for path in paths:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(content)

    return make


def pairs_of(*arguments):
    """Return the sources that arguments name, with paths from the working directory on."""
    here = f'{os.getcwd()}/'
    return [
        tuple(text.removeprefix(here) for text in (entry.left, entry.right))
        for entry in entries_of(arguments)
    ]


def test_a_source_is_taken_as_it_is(files):
    files('a.mp4')
    assert pairs_of('a.mp4', 'http://host/b.mp4', 'missing.mp4') == [
        *(('a.mp4', ''), ('http://host/b.mp4', ''), ('missing.mp4', '')),
    ]
    assert pairs_of('http://host/l.mp4,http://host/r,1.mp4', 'file:///a,b.mp4') == [
        *(('http://host/l.mp4', 'http://host/r,1.mp4'), ('file:///a,b.mp4', '')),
    ]


def test_paths_hold_in_every_working_directory(files, tmp_path):
    files('d/list.csv', content=b'left,right,calibration\nl.png,../r.png,c.yaml\n')
    (entry,) = entries_of(['d/list.csv'])
    assert (entry.left, entry.right) == (f'{tmp_path}/d/l.png', f'{tmp_path}/r.png')
    assert entry.calibration == (f'{tmp_path}/d/c.yaml',)


def test_left_and_right_stand_with_a_comma(files):
    files('a, b.mp4')
    assert pairs_of('l.png,r.png', 'a, b.mp4') == [('l.png', 'r.png'), ('a, b.mp4', '')]


def test_each_match_of_a_pattern_is_a_source(files):
    files('b.mp4', 'a.mp4', 'c.txt')
    assert pairs_of('*.mp4') == [('a.mp4', ''), ('b.mp4', '')]
    with pytest.raises(BatchError, match='no file or folder matches x/'):
        pairs_of('x/*.mp4')


def test_patterns_of_both_sides_are_paired_by_their_wildcards(files):
    files('1/left/a_l.png', '1/right/a_r.png', '2/left/b_l.png', '2/right/b_r.png')
    assert pairs_of('*/left/*_l.png,*/right/*_r.png') == [
        ('1/left/a_l.png', '1/right/a_r.png'),
        ('2/left/b_l.png', '2/right/b_r.png'),
    ]
    files('3/left/c_l.png')
    with pytest.raises(BatchError, match=r'3/left/c_l.png has no partner: there is no 3/right'):
        pairs_of('*/left/*_l.png,*/right/*_r.png')
    with pytest.raises(BatchError, match='2 wildcards and the right one 1'):
        pairs_of('*/left/*_l.png,right/*_r.png')


def test_recursive_patterns_of_both_sides_are_paired(files):
    files('d/x/y/left/1.png', 'd/x/y/right/1.png', 'd/left/2.png', 'd/right/2.png')
    assert pairs_of('d/**/left/?.png,d/**/right/?.png') == [
        ('d/left/2.png', 'd/right/2.png'),
        ('d/x/y/left/1.png', 'd/x/y/right/1.png'),
    ]


def test_a_folder_is_searched(files):
    files('d/bag1/metadata.yaml', 'd/film.mp4', 'd/drive/left/1.png', 'd/drive/right/1.png')
    files('d/pair/left.png', 'd/pair/right.png', 'd/notes.doc', 'd/.hidden/film.mp4')
    assert pairs_of('d') == [
        ('d/bag1', ''),
        ('d/drive/left', 'd/drive/right'),
        ('d/film.mp4', ''),
        ('d/pair/left.png', 'd/pair/right.png'),
    ]
    files('d/results/.crestereo_batch/lock', 'd/results/film-0/color.mp4')
    assert len(pairs_of('d')) == 4
    files('empty/notes.doc')
    with pytest.raises(BatchError, match='empty has no bag, no video'):
        pairs_of('empty')


@pytest.mark.parametrize('camera', ['camera:0', 'rtsp://host/path'])
def test_cameras_have_no_end(camera):
    with pytest.raises(BatchError, match=f'{camera} is a camera, which has no end'):
        pairs_of(camera)


def test_addresses_in_lists_stay_as_they_are(files):
    files('d/list.txt', content=b'file:///x/l.mp4 file:///x/r.mp4\nhttp://host/a.mp4\n')
    assert pairs_of('d/list.txt') == [
        *(('file:///x/l.mp4', 'file:///x/r.mp4'), ('http://host/a.mp4', '')),
    ]


def test_a_text_list_has_a_source_in_each_line(files):
    files('d/list.txt', content=b'# data\n\nl.png r.png\n"a b.mp4" # a film\n/x/bag\n')
    assert pairs_of('d/list.txt') == [('d/l.png', 'd/r.png'), ('d/a b.mp4', ''), ('/x/bag', '')]


def test_a_csv_list_has_columns(files):
    files(
        'd/list.csv',
        content=b'name,left,right,calibration\nfirst,l.png,r.png,l.yaml;/c/r.yaml\n,\n,b.mp4,,\n',
    )
    first, second = entries_of(['d/list.csv'])
    here = f'{os.getcwd()}/d'
    assert first == SourceEntry(
        *(f'{here}/l.png', f'{here}/r.png', (f'{here}/l.yaml', '/c/r.yaml'), 'first'),
    )
    assert (second.left, second.right, second.calibration) == (f'{here}/b.mp4', '', ())


def test_stdin_is_a_list_from_here(monkeypatch):
    monkeypatch.setattr('sys.stdin', StringIO('l.png r.png\n'))
    assert pairs_of('-') == [('l.png', 'r.png')]


@pytest.mark.parametrize(
    ('content', 'reason'),
    [
        (b'a b c\n', 'line 1 has 3 columns: write LEFT or LEFT RIGHT'),
        (b'"a\n', 'line 1: No closing quotation'),
        (b'left,colour\na,b\n', "has the column 'colour'"),
        (b'left,name\n,b\n', 'line 2 has no left source'),
        (b'left\na,b\n', 'line 2 has more cells than the header'),
        (b'left,calibration\na,b;c;d\n', 'line 2: calibration is FILE or LEFT;RIGHT, not b;c;d'),
        (b'\xff\xfe', 'cannot be read'),
    ],
)
def test_lists_that_cannot_be_used_are_refused_with_their_line(files, content, reason):
    files('list.csv', content=content)
    with pytest.raises(BatchError, match=f'list.csv.*{reason}'):
        pairs_of('list.csv')


def test_names_tell_sources_apart_and_depend_on_no_other_source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    entries = [SourceEntry('1/left.png', '1/right.png'), SourceEntry('1/left.png', '2/right.png')]
    names = [entry.name for entry in named(entries)]
    assert len(set(names)) == 2
    assert all(name.startswith('1_left-') for name in names)
    assert [entry.name for entry in named(entries[1:])] == names[1:]
    absolute = SourceEntry(str(tmp_path / '1/left.png'), str(tmp_path / '1/right.png'))
    assert next(iter(named([absolute]))).name == names[0]


def test_a_source_that_is_named_twice_is_one():
    assert len(named([SourceEntry('a.mp4'), SourceEntry('a.mp4')])) == 1


@pytest.mark.parametrize('other', ['one', 'ONE'])
def test_two_sources_never_have_one_name(other):
    entries = [SourceEntry('a.mp4', name='one'), SourceEntry('b.mp4', name=other)]
    with pytest.raises(BatchError, match='a.mp4 and .*b.mp4 both have the name'):
        named(entries)


@pytest.mark.parametrize('name', ['a/b', '..', '.hidden', 'x' * 201])
def test_names_that_are_no_folder_are_refused(name):
    with pytest.raises(BatchError, match='cannot have the name'):
        named([SourceEntry('a.mp4', name=name)])
