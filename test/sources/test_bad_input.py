# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Bad input to every kind of source alike, through `open_source` as the player has it.

What only one kind can suffer is in the tests of that kind: folders without partners, pages without
a video, servers that are silent or break off, cameras that are unplugged.
"""

import os
import struct
import wave

import cv2
import numpy as np
import pytest

from crestereo_ros.sources import open_source, SourceError


@pytest.fixture
def write_bad(tmp_path, write_image, write_video):
    """Return a function that writes a file that is neither image nor video, and gives its path."""

    def cut(path, end):
        path.write_bytes(path.read_bytes()[:end])
        return path

    def sound(path):
        with wave.open(str(path), 'wb') as file:
            file.setparams((1, 2, 8000, 0, 'NONE', ''))
            file.writeframes(bytes(16_000))

    def mp4_without_index(path):
        content = write_video('whole.mp4').read_bytes()
        path.write_bytes(content[: content.find(b'moov')])

    makers = {
        'missing': lambda path: None,
        'empty': lambda path: path.touch(),
        'folder': lambda path: path.mkdir(),
        'pipe': os.mkfifo,  # waits for ever where it is opened
        'text': lambda path: path.write_text('Dear reader\n' * 100),
        'noise': lambda path: path.write_bytes(np.random.default_rng(0).bytes(50_000)),
        'sound': sound,
        'mp4_without_index': mp4_without_index,
        'avi_without_frames': lambda path: write_video('none.avi', 0).rename(path),
        'cut_avi_header': lambda path: cut(write_video('whole.avi'), 200).rename(path),
    }

    def write(kind):
        makers[kind](tmp_path / kind)
        return tmp_path / kind

    return write


KINDS = {
    'missing': 'does not exist',
    'empty': 'is empty',
    'folder': 'is a folder',
    'pipe': 'is not a file',
    'text': 'is neither an image nor a video',
    'noise': 'is neither an image nor a video',
    'sound': 'is neither an image nor a video',
    'mp4_without_index': 'is neither an image nor a video .*cut off',
    'avi_without_frames': 'has no frame that can be decoded',
    'cut_avi_header': '(has no frame that can be decoded|is neither)',
}


@pytest.mark.parametrize(('kind', 'message'), KINDS.items())
def test_unplayable_file_is_named_on_either_side(write_bad, write_video, kind, message):
    bad, good = str(write_bad(kind)), str(write_video('good.avi'))
    for sides in [(bad,), (bad, good), (good, bad)]:
        with pytest.raises(SourceError, match=rf'/{kind}\b.* {message}'):
            list(open_source(*sides))


@pytest.mark.parametrize('sides', ['left', 'right', 'both'])
def test_image_that_is_cut_off_is_refused_by_name(write_image, sides):
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    paths = [write_image(f'{side}.png', noise) for side in ('left', 'right')]
    for path in paths:
        if sides in (path.stem, 'both'):
            path.write_bytes(path.read_bytes()[:3000])
    named = 'right' if sides == 'right' else 'left'
    with pytest.raises(SourceError, match=rf'/{named}\.png cannot be decoded: .*cut off'):
        open_source(*map(str, paths))


@pytest.mark.parametrize('name', ['v.avi', 'v.mkv', 'v.ts'])
def test_video_that_ends_within_a_frame_is_played_until_there(write_video, brightness, name):
    path = write_video(name, 20)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    for source in (open_source(str(path)), open_source(str(path), str(write_video('w.avi', 20)))):
        seen = [brightness(frame.left) for frame in source]
        assert 1 < len(seen) < 20
        # The last one may have been decoded in part.
        assert seen[:-1] == sorted(seen[:-1])


@pytest.mark.parametrize('name', ['%02d.avi', '100%.mp4', '-i.avi', 'file:x.avi', 'a b\'".avi'])
def test_names_are_used_unchanged(write_video, name):
    path = str(write_video(name))
    assert len(list(open_source(path))) == len(list(open_source(path, path))) == 5


def test_rate_of_zero_is_replaced(write_video):
    path = write_video('zero.avi')
    content = bytearray(path.read_bytes())
    of_stream, of_file = content.find(b'strh') + 28, content.find(b'avih') + 8
    content[of_stream : of_stream + 8] = bytes(8)  # scale and rate
    content[of_file : of_file + 4] = bytes(4)  # microseconds of a frame
    path.write_bytes(content)
    source = open_source(str(path))
    assert source.rate in (25, 30)  # FFmpeg's choice, or ours where it makes none
    assert [frame.time for frame in source] == pytest.approx([n / source.rate for n in range(5)])


def slow_down(path, frame, factor):
    """Have the frames of an MP4 file from one on last longer by a factor."""

    def edit(content, names):
        parts = []
        while content:
            length, name = struct.unpack_from('>I4s', content)
            body, content = content[8:length], content[length:]
            if name == names[0]:
                body = edit(body, names[1:]) if names[1:] else run_lengths(body)
            parts.append(struct.pack('>I4s', 8 + len(body), name) + body)
        return b''.join(parts)

    def run_lengths(body):  # version and flags, number of runs, (frames, duration) of each
        _, runs, frames, duration = struct.unpack('>4I', body)
        assert runs == 1
        return struct.pack('>6I', 0, 2, frame, duration, frames - frame, factor * duration)

    content = path.read_bytes().replace(b'edts', b'free')  # which would cut it at its old end
    path.write_bytes(edit(content, [b'moov', b'trak', b'mdia', b'minf', b'stbl', b'stts']))


def test_variable_rate_keeps_the_times_of_the_file(write_video, brightness):
    slowed, steady = write_video('slowed.mp4', 6), write_video('steady.mp4', 12)
    slow_down(slowed, frame=3, factor=4)
    times = [0, 0.05, 0.1, 0.15, 0.35, 0.55]
    source = open_source(str(slowed))
    assert [frame.time for frame in source] == pytest.approx(times, abs=2e-3)
    # Beside a steady one, each frame has the partner of its time, not of its number.
    for sides in [(slowed, steady), (steady, slowed)]:
        frames = list(open_source(*map(str, sides)))
        assert [frame.time for frame in frames] == pytest.approx(times, abs=2e-3)
        images = {slowed: [frame.left for frame in frames], steady: [f.right for f in frames]}
        if sides[0] is steady:
            images = {steady: images[slowed], slowed: images[steady]}
        numbers = [round((brightness(image) - 45) / 20) for image in images[slowed]]
        assert numbers == [0, 1, 2, 3, 4, 5]
        numbers = [round((brightness(image) - 45) / 20) for image in images[steady][:5]]
        assert numbers == [0, 1, 2, 3, 7]


def test_frames_that_change_their_size_are_scaled_to_that_of_the_first(write_video):
    path = write_video('change.avi', 10)
    content = bytearray(path.read_bytes())
    small = np.full((24, 32, 3), 90, np.uint8)
    small = cv2.imencode('.jpg', small, [cv2.IMWRITE_JPEG_QUALITY, 10])[1].tobytes()
    begin = content.find(b'movi')
    for number in range(10):
        begin = content.find(b'00dc', begin) + 8
        (length,) = struct.unpack_from('<I', content, begin - 4)
        assert len(small) <= length
        if number >= 5:
            content[begin : begin + length] = small.ljust(length, b'\0')
    path.write_bytes(content)
    for source in (open_source(str(path)), open_source(str(path), str(write_video('v.avi', 10)))):
        frames = list(source)
        assert len(frames) == 10
        assert {frame.left.shape for frame in frames} == {frames[0].right.shape}
        assert np.ptp(frames[-1].left) < 10 < np.ptp(frames[0].left)  # the small ones are flat


def test_grey_deep_and_transparent_images_make_a_pair(write_image):
    grey = np.full((48, 64), 0x8000, np.uint16)
    transparent = np.full((48, 64, 4), (10, 20, 30, 0), np.uint8)
    paths = write_image('grey16.png', grey), write_image('transparent.png', transparent)
    (frame,) = open_source(*map(str, paths))
    assert frame.left.dtype == frame.right.dtype == np.uint8
    assert frame.left.shape == frame.right.shape == (48, 64, 3)
    assert (frame.left == 0x80).all()
    assert (frame.right == (10, 20, 30)).all()


@pytest.mark.parametrize(
    ('path', 'message'),
    [
        ('/missing.avi', 'answers 404'),
        ('/page.avi', 'no video on this page|is a web page|needs yt-dlp'),
        ('/noise.avi', 'is neither an image nor a video'),
        ('/round.avi', 'answers 302'),
        ('/empty.avi', 'is empty'),
    ],
)
def test_unplayable_address_of_one_side_is_named(server, write_video, write_image, path, message):
    server.give('/page.avi', b'<html><p>Hello</html>', kind='text/html')
    server.give('/noise.avi', np.random.default_rng(0).bytes(50_000))
    server.redirect('/round.avi', to='/round.avi')
    server.give('/empty.avi', b'')
    good, bad = str(write_video('good.avi')), server.url(path)
    for sides in [(good, bad), (bad, good)]:
        with pytest.raises(SourceError, match=rf'{path}\b.*({message})'):
            open_source(*sides)
