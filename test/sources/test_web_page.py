# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Videos that the real yt-dlp finds on pages of a real server on loopback.

What only a site like YouTube answers is played by extractors of our own in the real yt-dlp.
"""

import re
import sys
import threading

import pytest
import yt_dlp
from yt_dlp.extractor.common import InfoExtractor
from yt_dlp.networking.exceptions import TransportError
from yt_dlp.utils import DownloadError, ExtractorError

from crestereo_ros.sources import open_source, SourceError, web_page
from crestereo_ros.sources.packed_video import PackedVideo
from crestereo_ros.sources.web_page import explain, WebPage


@pytest.fixture
def give_page(server, write_video):
    """Return a function that serves a page with videos at these paths."""

    def give(path, *videos):
        tags = ''.join(f'<p><video src="{video}"></video></p>' for video in videos)
        page = f'<html><head><title>Page</title></head><body>{tags}</body></html>'
        return server.give(path, page.encode(), kind='text/html')

    return give


@pytest.fixture
def site(monkeypatch):
    """Return a function that has yt-dlp ask it for what a page of a known site says."""

    def know(extract):
        class SiteIE(InfoExtractor):
            _VALID_URL = r'http://127\.0\.0\.1:\d+/watch/(?P<id>\w+)'

            def _real_extract(self, url):
                return extract(self, self._match_id(url))

        def add(downloader):
            downloader.add_info_extractor(SiteIE())

        monkeypatch.setattr(yt_dlp.YoutubeDL, 'add_default_info_extractors', add)

    return know


def info(formats, **more):
    return {'id': 'x', 'title': 'X', 'formats': formats, **more}


def test_video_of_a_page_is_played_as_often_as_asked(server, give_page, write_video, brightness):
    server.give('/v.mp4', write_video('v.mp4').read_bytes())
    source = open_source(give_page('/page', '/v.mp4'))
    assert type(source) is PackedVideo and source.name.endswith('/page')
    for _ in range(2):
        frames = list(source)
        assert [brightness(frame.left) for frame in frames] == pytest.approx(
            [40, 60, 80, 100, 120], abs=4
        )
    seen = [headers for path, headers in server.requests if path == '/v.mp4']
    assert all(headers['Referer'].endswith('/page') for headers in seen)


def test_expired_link_is_looked_up_anew(server, give_page, write_video):
    server.give('/old.mp4', write_video('v.mp4').read_bytes())
    source = open_source(give_page('/page', '/old.mp4'))
    assert len(list(source)) == 5
    server.answers['/old.mp4'] = lambda handler: handler.send_error(403)
    server.give('/new.mp4', write_video('v.mp4', 3).read_bytes())
    give_page('/page', '/new.mp4')
    assert len(list(source)) == 3


def test_link_that_expires_while_it_plays_is_looked_up_anew(
    server, give_page, write_video, caplog
):
    content = write_video('v.avi', 60, size=(240, 320)).read_bytes()
    server.give('/old.avi', content)
    source = open_source(give_page('/page', '/old.avi'))
    give_page('/page', '/new.avi')
    server.give('/new.avi', content)

    def break_off(handler):
        if 'Icy-MetaData' in handler.headers:  # which FFmpeg alone sends
            server.answers['/old.avi'] = lambda handler: handler.send_error(410)
        server.answering(content, parts=False, cut=len(content) // 2)(handler)

    server.answers['/old.avi'] = break_off
    assert len(list(source)) == 60
    assert re.search('/page broke off after [0-9.]+ s: opened again', caplog.text)
    assert any(path == '/new.avi' for path, _ in server.requests)


def test_page_without_video_is_reported(give_page):
    with pytest.raises(SourceError, match='/page: yt-dlp finds no video on this page; .*newer'):
        open_source(give_page('/page'))


def test_first_of_several_videos_is_played_and_logged(server, give_page, write_video, caplog):
    for name, frames in (('a', 3), ('b', 4)):
        server.give(f'/{name}.mp4', write_video('v.mp4', frames).read_bytes())
    assert open_source(give_page('/page', '/a.mp4', '/b.mp4')).length == 3
    assert '/page has 2 videos: the first one is played' in caplog.text


def test_highest_video_up_to_max_height_is_played(server, site, write_video):
    urls = {
        height: server.give(f'/{height}', write_video('v.mp4', frames).read_bytes())
        for height, frames in ((240, 2), (720, 3), (1080, 4))
    }
    formats = [
        {'format_id': str(height), 'url': url, 'height': height, 'vcodec': 'avc1.4', 'ext': 'mp4'}
        for height, url in urls.items()
    ]
    site(lambda *_: info(formats))
    page = server.give('/watch/x', b'<html>', kind='text/html')
    assert open_source(page).length == 4
    assert open_source(page, max_height=1000).length == 3
    with pytest.raises(
        SourceError, match='/watch/x has no video of at most 100 rows, only of 240'
    ):
        open_source(page, max_height=100)


def test_live_video_is_refused(server, site):
    url = server.url('/live.m3u8')
    site(lambda *_: info([{'url': url, 'ext': 'mp4'}], is_live=True))
    with pytest.raises(SourceError, match='/watch/x is live: only recordings'):
        open_source(server.give('/watch/x', b'<html>', kind='text/html'))


@pytest.mark.parametrize(
    'reason',
    [
        "Private video. Sign in if you've been granted access to this video",
        'Video unavailable. This video has been removed by the uploader',
        'This live event will begin in 3 days',
    ],
)
def test_reason_of_the_site_is_reported(server, site, reason):
    site(lambda extractor, _: extractor.raise_no_formats(reason, expected=True, video_id='x'))
    with pytest.raises(SourceError) as caught:
        open_source(server.give('/watch/x', b'<html>', kind='text/html'))
    assert str(caught.value) == f'{server.url("/watch/x")}: {reason}'


def test_unsupported_page_is_reported_with_what_may_help(server, site):
    def fail(extractor, _):
        raise ExtractorError('Unable to extract player')

    site(fail)
    with pytest.raises(SourceError) as caught:
        open_source(server.give('/watch/x', b'<html>', kind='text/html'))
    assert re.search(
        '/watch/x: Unable to extract player; if it plays in a browser, a newer yt-dlp '
        r"may help: pip install -U 'yt-dlp\[default\]'$",
        str(caught.value),
    )


def test_warning_of_yt_dlp_is_logged(server, site, write_video, caplog):
    url = server.give('/v', write_video('v.mp4').read_bytes())

    def warn(extractor, _):
        extractor.report_warning('formats may be missing')
        return info([{'url': url, 'ext': 'mp4'}])

    site(warn)
    open_source(server.give('/watch/x', b'<html>', kind='text/html'))
    assert re.search('yt-dlp: .*formats may be missing', caplog.text)


def test_missing_network_is_reported():
    cause = TransportError('[Errno -2] Name or service not known')
    error = ExtractorError('Unable to download API page', video_id='x', ie='youtube', cause=cause)
    wrapped = DownloadError(f'ERROR: {error}', (type(error), error, None))
    assert explain(wrapped) == 'Unable to download API page; look at the network'
    wrapped = DownloadError(f'ERROR: [youtube] x: {cause}', (type(cause), cause, None))
    assert explain(wrapped) == 'Name or service not known; look at the network'


def test_hanging_page_is_reported(server, site, monkeypatch):
    monkeypatch.setattr(web_page, 'LONGEST_SEARCH', 0.5)
    hanging = threading.Event()
    site(lambda *_: hanging.wait(30))
    with pytest.raises(SourceError, match='/watch/x: no video was found within 0.5 s; look at'):
        WebPage(server.url('/watch/x'), 1080)
    hanging.set()


def test_missing_yt_dlp_is_reported_with_how_to_install_it(give_page, monkeypatch):
    monkeypatch.setitem(sys.modules, 'yt_dlp', None)
    url = give_page('/page', '/v.mp4')
    with pytest.raises(
        SourceError, match=r"/page .*: pip install 'yt-dlp\[default\]' \(the extra"
    ):
        open_source(url)
