# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What FFmpeg opens of its own accord; videos on the web are in test_web_file.py."""

import os
import subprocess
import sys

import cv2
import pytest

from crestereo_ros.sources import ffmpeg, open_source, SourceError


def playlist(address):
    return (
        '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:5\n'
        f'#EXTINF:1,\n{address}\n#EXT-X-ENDLIST\n'
    )


def concatenation(address):
    return f'ffconcat version 1.0\nfile {address}\n'


@pytest.mark.parametrize('content', [playlist, concatenation])
@pytest.mark.parametrize('name', ['list.m3u8', 'list.mp4'])
def test_local_list_opens_no_other_file(write_video, tmp_path, content, name):
    write_video('other.ts')
    path = tmp_path / name
    path.write_text(content('other.ts'))
    with pytest.raises(SourceError, match=f'/{name} is neither an image nor a video'):
        open_source(str(path))


def test_local_lists_would_open_other_files(write_video, tmp_path):
    write_video('other.ts')
    (tmp_path / 'list.txt').write_text(concatenation('other.ts'))
    assert cv2.VideoCapture(str(tmp_path / 'list.txt'), cv2.CAP_FFMPEG).isOpened()
    assert not ffmpeg.open_file(str(tmp_path / 'list.txt')).isOpened()


@pytest.mark.parametrize('content', [playlist, concatenation])
@pytest.mark.parametrize('options', ['', 'protocol_whitelist;file,http,tcp|format_whitelist;hls'])
def test_local_list_does_not_reach_the_network(
    server, write_video, tmp_path, monkeypatch, content, options
):
    """Whatever the user has set for FFmpeg besides."""
    monkeypatch.setenv(ffmpeg.OPTIONS, options)
    url = server.give('/other.ts', write_video('other.ts').read_bytes())
    path = tmp_path / 'list.m3u8'
    path.write_text(content(url))
    with pytest.raises(SourceError, match='/list.m3u8 is neither an image nor a video'):
        open_source(str(path))
    assert server.requests == []
    assert os.environ[ffmpeg.OPTIONS] == options


def test_file_name_is_never_opened_as_an_address(write_video, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_video('file:other.avi')
    write_video('concat:a.avi')
    for name in ('file:other.avi', 'concat:a.avi'):
        assert len(list(open_source(name))) == 5


@pytest.mark.parametrize('name', ['v.avi', 'v.mp4', 'v.mkv', 'v.ts', 'v.mpg', 'v.mov'])
def test_opens_videos(write_video, name):
    assert ffmpeg.open_file(str(write_video(name))).isOpened()


@pytest.mark.parametrize(
    'name', ['v.webm', 'v.ogg', 'v.wmv', 'v.nut', 'v.flv', 'v.h264', 'v.hevc', 'v.mxf']
)
def test_opens_videos_that_opencv_does_not_write(tmp_path, name):
    import av

    codecs = {
        'webm': 'libvpx',
        'ogg': 'libvpx',
        'wmv': 'wmv2',
        'hevc': 'libx265',
        'mxf': 'mpeg2video',
    }
    with av.open(str(tmp_path / name), 'w') as container:
        stream = container.add_stream(codecs.get(name[2:], 'libx264'), rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, 'yuv420p'
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame(64, 48, 'yuv420p')))
        container.mux(stream.encode())
    assert ffmpeg.open_file(str(tmp_path / name)).isOpened()


def test_ffmpeg_is_quiet_unless_the_user_says_otherwise():
    code = 'import os, crestereo_ros.sources; print(os.environ["OPENCV_FFMPEG_LOGLEVEL"])'
    for set_before, level in (({}, '8'), ({'OPENCV_FFMPEG_LOGLEVEL': '48'}, '48')):
        environment = {k: v for k, v in os.environ.items() if k != 'OPENCV_FFMPEG_LOGLEVEL'}
        out = subprocess.check_output([sys.executable, '-c', code], env=environment | set_before)
        assert out.decode().strip() == level
