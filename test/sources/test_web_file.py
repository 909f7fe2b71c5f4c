# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images and videos from a web server, which is a real one on loopback."""

import os
import re
import socket
import time

import numpy as np
import pytest

from crestereo_ros.sources import ffmpeg, open_source, SourceError, web_file
from crestereo_ros.sources.image_pair import ImagePair, read_image
from crestereo_ros.sources.packed_video import PackedVideo
from crestereo_ros.sources.video import Video
from crestereo_ros.sources.video_pair import VideoPair
from crestereo_ros.sources.web_file import WebFile, within

SIZE, LARGE = (48, 64), (240, 320)  # files of the latter are larger than FFmpeg's buffers


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(web_file, 'LONGEST_SILENCE', 0.5)
    monkeypatch.setattr(web_file, 'LONGEST_DOWNLOAD', 0.5)


@pytest.fixture
def give_image(server, write_image):
    return lambda path, **options: server.give(path, write_image('i.png').read_bytes(), **options)


@pytest.fixture
def give_video(server, write_video):
    """Return a function that serves the file of write_video."""

    def give(path, frames=5, name='v.mp4', size=SIZE, **options):
        return server.give(path, write_video(name, frames, size=size).read_bytes(), **options)

    return give


def test_content_decides_whatever_name_and_type_say(give_image, give_video):
    image = give_image('/a.mp4', kind='video/mp4')
    video = give_video('/a.png', kind='image/png')
    assert type(open_source(f'{image}?size=*', image)) is ImagePair
    assert type(open_source(f'{video}?size=*')) is PackedVideo


def test_image_is_the_one_that_was_sent(server, write_image):
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    url = server.give('/noise', write_image('noise.png', noise).read_bytes())
    assert (read_image(WebFile(url)) == noise).all()


@pytest.mark.parametrize('parts', [True, False])
def test_image_needs_no_parts(give_image, parts):
    assert read_image(WebFile(give_image('/i.png', parts=parts))).shape == (48, 64, 3)


def test_video_is_played_as_often_as_asked_and_asked_for_with_headers(
    server, give_video, brightness, monkeypatch
):
    monkeypatch.setenv(ffmpeg.OPTIONS, 'reconnect;1')
    url = give_video('/v')
    headers = {'Referer': "http://a.example/'; |x\\y", 'User-Agent': 'Tests; 1'}
    video = Video(WebFile(url, headers))
    for _ in range(2):
        images, times = zip(*video.frames(), strict=True)
        assert list(map(brightness, images)) == pytest.approx([45, 65, 85, 105, 125], abs=5)
        assert times == pytest.approx([0, 0.05, 0.1, 0.15, 0.2], abs=2e-3)
    for _, seen in server.requests:
        assert {name: seen[name] for name in headers} == headers
    assert len(server.requests) > 3
    assert os.environ[ffmpeg.OPTIONS] == 'reconnect;1'


def test_redirection_is_followed(server, give_image, give_video):
    image = server.redirect('/image', to=give_image('/i.png'))
    video = server.redirect('/video', to=server.redirect('/on', to=give_video('/v')))
    assert type(open_source(image, image)) is ImagePair
    assert type(open_source(video)) is PackedVideo
    assert type(open_source(video, video)) is VideoPair
    assert len(list(open_source(video))) == 5


@pytest.mark.parametrize('same', [True, False])
def test_cookies_go_to_no_other_host(server, write_video, same):
    """Neither where this asks, nor where FFmpeg does and is led elsewhere."""
    here, there = server.url(''), server.url('').replace('127.0.0.1', 'localhost')
    content = write_video('v.avi', 60, size=LARGE).read_bytes()
    server.give('/end', content)
    server.redirect('/start', to=f'{here if same else there}/end')
    url = f'{here}/start'
    Video(WebFile(url, {'Referer': here}, cookies='a=1; b=2'))

    cookies = {path: set() for path in ('/start', '/end')}
    for path, headers in server.requests:
        cookies[path].add(headers['Cookie'])
        assert headers['Referer'] == here
    assert cookies == {'/start': {'a=1; b=2'}, '/end': {'a=1; b=2' if same else None}}


def test_ffmpeg_sends_cookies_to_no_other_host(server, write_video):
    there = server.url('/there').replace('127.0.0.1', 'localhost')
    content = write_video('v.avi', 60, size=LARGE).read_bytes()
    server.give('/there', content)
    whole = server.answering(content)

    def lead_away(handler):
        if 'Icy-MetaData' not in handler.headers:  # which FFmpeg alone sends
            return whole(handler)
        handler.send_response(302)
        handler.send_header('Location', there)
        handler.end_headers()

    server.answers['/v'] = lead_away
    Video(WebFile(server.url('/v'), cookies='a=1; b=2'))
    cookies = {
        path: {headers['Cookie'] for at, headers in server.requests if at == path}
        for path in ('/v', '/there')
    }
    assert cookies == {'/v': {'a=1; b=2'}, '/there': {None}}


@pytest.mark.parametrize('to', ['file:///etc/passwd', 'ftp://127.0.0.1/v.mp4'])
def test_redirection_away_from_the_web_is_refused(server, to):
    with pytest.raises(SourceError, match='/v .*(not a web address|answers 302)'):
        WebFile(server.redirect('/v', to=to))


def test_playlist_on_the_web_is_played_but_opens_no_local_file(server, write_video):
    piece = write_video('piece.ts', 20)
    server.give('/piece.ts', piece.read_bytes())
    for number, (address, frames) in enumerate((('/piece.ts', 20), (piece.as_uri(), 0))):
        lines = '#EXTM3U', '#EXT-X-TARGETDURATION:5', '#EXTINF:1,', address, '#EXT-X-ENDLIST\n'
        playlist = '\n'.join(lines).encode()
        url = server.give(f'/{number}.m3u8', playlist, kind='application/vnd.apple.mpegurl')
        if frames:
            assert len(list(Video(WebFile(url)).frames())) == frames
        else:
            with pytest.raises(SourceError, match='1.m3u8 '):
                Video(WebFile(url))


def test_endless_redirection_is_refused(server):
    with pytest.raises(SourceError, match='/round answers 302'):
        WebFile(server.redirect('/round', to='/round'))


@pytest.mark.parametrize(
    ('code', 'message'),
    [
        (401, 'it needs a login: download'),
        (403, 'it needs a login, or the link has expired'),
        (404, 'no such file, look at the address'),
        (500, 'try again later'),
    ],
)
def test_refused_request_is_reported_with_what_to_do(server, code, message):
    server.answers['/x'] = lambda handler: handler.send_error(code)
    with pytest.raises(SourceError, match=rf'/x answers {code} \(.+\): .*{message}'):
        open_source(server.url('/x'))


def test_empty_file_is_refused(server):
    for parts in (True, False):
        with pytest.raises(SourceError, match='/none .*empty'):
            WebFile(server.give('/none', b'', parts=parts))


def test_web_page_is_not_a_video(server):
    location = WebFile(
        server.give('/p', b'<!doctype html><p>Hello', kind='text/html; charset=utf-8')
    )
    assert location.is_page
    with pytest.raises(SourceError, match='/p is a web page, neither an image nor a video'):
        Video(location)


def test_other_content_is_not_a_video(server):
    with pytest.raises(SourceError, match='/noise is neither an image nor a video'):
        open_source(server.give('/noise', np.random.default_rng(0).bytes(50_000)))


def test_video_that_needs_range_requests_is_refused_without_them(give_video):
    with pytest.raises(SourceError, match='download it: this server gives no parts of files'):
        open_source(give_video('/v', 60, size=LARGE, parts=False))
    # One that has its index in the front is played.
    assert len(list(open_source(give_video('/w', name='v.avi', parts=False)))) == 5


def test_refused_connection_is_reported():
    with socket.socket() as unused:
        unused.bind(('127.0.0.1', 0))
        url = f'http://127.0.0.1:{unused.getsockname()[1]}/v.mp4'
        with pytest.raises(SourceError, match='v.mp4 cannot be loaded: .*refused.*the network'):
            open_source(url)


@pytest.mark.parametrize('url', ['http://', 'http://[', 'http://127.0.0.1:port/', 'http://a b/'])
def test_invalid_address_is_refused(url):
    with pytest.raises(SourceError, match='cannot be loaded: .*look at the address'):
        open_source(url)


def test_silent_server_is_reported(impatient):
    with socket.create_server(('127.0.0.1', 0)) as silent:
        url = f'http://127.0.0.1:{silent.getsockname()[1]}/v.mp4'
        with pytest.raises(SourceError, match='no complete answer within 0.5 s'):
            open_source(url)


def test_trickling_server_is_reported(server, impatient, write_image):
    url = server.trickle('/t.png', write_image('i.png').read_bytes())
    with pytest.raises(
        SourceError, match='t.png cannot be loaded: no complete answer within 0.5 s'
    ):
        open_source(url, url)


def test_trickling_video_ends_with_a_warning(server, impatient, write_video):
    content = write_video('v.avi', 20).read_bytes()
    start = content[: len(content) // 2]

    def answer(handler):
        handler.send_response(200)
        handler.send_header('Content-Length', len(content))
        handler.end_headers()
        handler.wfile.write(start)
        for byte in content[len(start) :]:
            if server.closing.wait(0.05):
                return
            handler.wfile.write(bytes([byte]))

    server.answers['/v'] = answer
    video = Video(WebFile(server.url('/v')))
    assert 0 < len(list(video.frames())) < 20


def test_interrupted_download_of_an_image_is_reported(server, write_image):
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    url = server.give('/n.png', write_image('n.png', noise).read_bytes(), cut=4000)
    with pytest.raises(
        SourceError, match='n.png (was cut off with|cannot be loaded: IncompleteRead)'
    ):
        open_source(url, url)


def test_image_that_is_too_large_is_refused(give_image, monkeypatch):
    monkeypatch.setattr(web_file, 'LARGEST_IMAGE', 100)
    url = give_image('/i.png')
    with pytest.raises(SourceError, match='i.png is larger than'):
        open_source(url, url)


@pytest.mark.parametrize('name', ['v.avi', 'v.mp4'])
def test_video_that_breaks_off_goes_on_where_it_was(server, write_video, brightness, caplog, name):
    content = write_video(name, 60, size=LARGE).read_bytes()
    half = len(content) // 2
    url = server.give('/v', content)
    video = Video(WebFile(url))
    expected = [brightness(image) for image, _ in video.frames()]
    whole, broken, asked = server.answering(content), server.answering(content, cut=half), []

    def break_off(handler):
        asked.append('Icy-MetaData' not in handler.headers)  # which FFmpeg alone sends
        start = int(handler.headers['Range'].removeprefix('bytes=').partition('-')[0])
        if sum(asked) > 1 or start >= half:
            whole(handler)
        else:
            broken(handler)

    server.answers['/v'] = break_off
    seen = [brightness(image) for image, _ in video.frames()]
    assert len(seen) == len(expected) == 60
    # The frame in which it broke off may be damaged.
    assert sum(one != other for one, other in zip(seen, expected, strict=True)) <= 1
    assert re.search('/v broke off after [0-9.]+ s: opened again', caplog.text)
    assert 'ended after' not in caplog.text


def test_video_that_breaks_off_for_good_ends_with_a_warning(server, give_video, caplog):
    options = {'name': 'v.avi', 'size': LARGE, 'parts': False}
    video = Video(WebFile(give_video('/v', 60, **options)))
    give_video('/v', 60, **options, cut=200_000)
    assert 0 < len(list(video.frames())) < 40
    assert re.search('/v ended after .* of the 60 frames', caplog.text)


def test_closing_does_not_wait_for_late_work():
    begin = time.monotonic()
    with pytest.raises(TimeoutError):
        within(0.1, lambda: time.sleep(5))
    assert time.monotonic() - begin < 4
    assert within(5, lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 / 0)
