# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The video of a web page, on YouTube or wherever yt-dlp finds it."""

import logging
import re

import cv2

from crestereo_ros.sources.errors import SourceError
from crestereo_ros.sources.location import Location
from crestereo_ros.sources.pyav_capture import Capture
from crestereo_ros.sources.video_format import choose_format
from crestereo_ros.sources.web_file import LONGEST_SILENCE, WebFile, within

LONGEST_SEARCH = 90.0  # s
INSTALL = "pip install 'yt-dlp[default]' (the extra `youtube`)"
UPGRADE = "if it plays in a browser, a newer yt-dlp may help: pip install -U 'yt-dlp[default]'"
# What yt-dlp adds to its messages for users of its own command.
ADDED = re.compile(
    r'(^ERROR: )|(^\[[^\]]+\] ([\w-]+: )?)|((;? please report|\(caused by| Use --).*$)'
)

logger = logging.getLogger(__name__)


class WebPage(Location):
    """A video that yt-dlp finds on a page; its link is looked up again when it has expired."""

    resumable = True

    def __init__(self, url: str, max_height: int) -> None:
        """
        Look up the best video that is no higher than max_height.

        :raises SourceError: when there is none, or yt-dlp is not installed
        """
        self.name = url
        self._max_height = max_height
        self._file = self._look_up()

    def is_image(self) -> bool:
        return False

    def part(self, start: int, size: int) -> bytes:
        return self._file.part(start, size)

    def other_capture(self) -> Capture | None:
        return self._file.other_capture()

    def read(self) -> bytes:
        raise SourceError(f'{self.name} is a web page, not an image')

    def capture(self) -> cv2.VideoCapture:
        try:
            return self._file.capture()
        except SourceError as error:
            logger.info(f'{self.name}: the link is looked up again ({error})')
        self._file = self._look_up()
        return self._file.capture()

    def _look_up(self) -> WebFile:
        try:
            return within(LONGEST_SEARCH, self._ask_yt_dlp)
        except TimeoutError as error:
            raise SourceError(
                f'{self.name}: no video was found within {LONGEST_SEARCH:g} s; look at the network'
            ) from error

    def _ask_yt_dlp(self) -> WebFile:
        try:
            from yt_dlp import YoutubeDL
            from yt_dlp.utils import YoutubeDLError
        except ImportError as error:
            raise SourceError(
                f'{self.name} is a web page; to find the video on it, install yt-dlp: {INSTALL}'
            ) from error
        options = {
            'format': self._choose,
            'noplaylist': True,
            'playlist_items': '1',
            'logger': Logger(),
            'color': 'no_color',
            'noprogress': True,
            'socket_timeout': LONGEST_SILENCE,
        }
        with YoutubeDL(options) as downloader:
            try:
                info = downloader.extract_info(self.name, download=False)
            except YoutubeDLError as error:
                raise SourceError(f'{self.name}: {explain(error)}') from error
            while 'entries' in info:
                if (info.get('playlist_count') or 0) > 1:
                    logger.warning(
                        f'{self.name} has {info["playlist_count"]} videos: the first one is played'
                    )
                info = next(filter(None, info['entries']), None)
                if info is None:
                    raise SourceError(f'{self.name} is a list without videos')
            if info.get('is_live'):
                raise SourceError(
                    f'{self.name} is live: only recordings can be played, try when it has ended'
                )
            headers = dict(info.get('http_headers') or {})
            headers.pop('Cookie', None)  # which would go to every host
            cookies = downloader.cookiejar.get_cookie_header(info['url'])
        size = f'{info["height"]} rows, ' if info.get('height') else ''
        logger.info(f'{self.name}: {size}{info.get("vcodec") or "unknown codec"}')
        return WebFile(info['url'], headers, cookies or '', name=f'the video of {self.name}')

    def _choose(self, context: dict) -> list[dict]:
        try:
            return [choose_format(context['formats'], self._max_height)]
        except SourceError as error:
            raise SourceError(f'{self.name} has {error}') from error


class Logger:
    """Takes yt-dlp's messages: its errors are raised as well, and of the rest warnings count."""

    def debug(self, message: str) -> None:
        pass

    error = debug

    def warning(self, message: str) -> None:
        if not message.startswith('[generic]'):  # each time, that it does not know the site
            logger.warning(f'yt-dlp: {message}')


def explain(error: Exception) -> str:
    """Return what an error of yt-dlp says, in one line, and what to do about it."""
    from yt_dlp.networking.exceptions import HTTPError, TransportError
    from yt_dlp.utils import ExtractorError, UnsupportedError

    cause = (getattr(error, 'exc_info', None) or (None, error))[1] or error
    if isinstance(cause, UnsupportedError):
        return f'yt-dlp finds no video on this page; {UPGRADE}'
    text = ' '.join(str(getattr(cause, 'orig_msg', None) or cause).split())
    while (shorter := ADDED.sub('', text).strip()) != text:
        text = shorter
    text = text.rstrip('.')
    causes = cause, getattr(cause, 'cause', None)
    if any(isinstance(one, TransportError) for one in causes):
        return f'{text}; look at the network'
    if any(isinstance(one, HTTPError) for one in causes):
        return f'{text}; look at the address, {UPGRADE}'
    if isinstance(cause, ExtractorError) and cause.expected:
        return text  # the site's own words: private, removed, not in this country and so on
    return f'{text}; {UPGRADE}'
