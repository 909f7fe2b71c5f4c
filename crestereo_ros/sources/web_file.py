# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""An image or a video at a web address."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, HTTPResponse
import queue
import threading
from typing import IO, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import build_opener, HTTPRedirectHandler, Request

import cv2

from crestereo_ros.sources import ffmpeg
from crestereo_ros.sources.errors import SourceError
from crestereo_ros.sources.location import Location
from crestereo_ros.sources.pyav_capture import Capture, pyav_capture
from crestereo_ros.sources.still_image import START

LONGEST_SILENCE = 20.0  # s; until an answer begins, and between two frames of a video
LONGEST_DOWNLOAD = 60.0  # s; of an image
LARGEST_IMAGE = 200_000_000  # bytes
HEADERS = {'User-Agent': 'Mozilla/5.0 (compatible; crestereo_ros)'}
ADVICE = {
    401: 'it needs a login: download it first',
    403: 'it needs a login, or the link has expired',
    404: 'there is no such file, look at the address',
    410: 'it is no longer there',
    416: 'the file is empty',
}

Result = TypeVar('Result')


@dataclass(frozen=True)
class Answer:
    """How a server answers: `url` is the address after all redirections."""

    url: str
    start: bytes
    is_page: bool
    gives_parts: bool


class WebFile(Location):
    """An image, or a video that is played while it is loaded, over HTTP or HTTPS."""

    resumable = True

    def __init__(
        self,
        url: str,
        headers: dict[str, str] | None = None,
        cookies: str = '',
        name: str = '',
    ) -> None:
        """
        Ask for its first bytes.

        :param headers: to ask with, beyond the usual ones or in place of them
        :param cookies: for the host of the address and no other, as 'a=1; b=2'
        :param name: for messages; empty: the address
        :raises SourceError: where they are not given in time
        """
        self.url, self.name = url, name or url
        self._headers = HEADERS | (headers or {})
        self._cookies = cookies
        self._answer = self._ask()

    @property
    def is_page(self) -> bool:
        """Whether it is a web page, so neither an image nor a video itself."""
        return self._answer.is_page

    def part(self, start: int, size: int) -> bytes:
        known = self._answer.start
        if start + size <= len(known):
            return known[start : start + size]
        if not self._answer.gives_parts:
            return known[start : start + size]  # the rest would have to be loaded up to there

        def take(response: HTTPResponse) -> bytes:
            return response.read(size) if response.status == 206 else b''

        parts = {'Range': f'bytes={start}-{start + size - 1}'}
        try:
            return self._fetch(LONGEST_SILENCE, take, parts)
        except SourceError:  # beyond the end
            return known[start : start + size]

    def read(self) -> bytes:
        return self._fetch(LONGEST_DOWNLOAD, self._download)

    def capture(self) -> cv2.VideoCapture:
        self._answer = self._ask()
        milliseconds = int(1000 * LONGEST_SILENCE)
        capture = ffmpeg.open_address(
            self._answer.url,
            self._ffmpeg_options(),
            [
                *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, milliseconds),
                *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, milliseconds),
            ],
        )
        if not capture.isOpened() and self.is_page:
            raise SourceError(f'{self.name} is a web page, neither an image nor a video')
        if not self._answer.gives_parts:
            self.advice = (
                '; or else download it: this server gives no parts of files, which it needs'
            )
        return capture

    def other_capture(self) -> Capture | None:
        return pyav_capture(self._answer.url, ffmpeg.ADDRESS_OPTIONS | self._ffmpeg_options())

    def _ask(self) -> Answer:
        return self._fetch(LONGEST_SILENCE, self._begin, {'Range': 'bytes=0-'})

    def _begin(self, response: HTTPResponse) -> Answer:
        start = response.read(START)
        if not start:
            raise SourceError(f'{self.name} is empty (0 bytes)')
        is_page = response.headers.get_content_type() in ('text/html', 'application/xhtml+xml')
        return Answer(response.url, start, is_page, gives_parts=response.status == 206)

    def _download(self, response: HTTPResponse) -> bytes:
        content = response.read(LARGEST_IMAGE + 1)
        if len(content) > LARGEST_IMAGE:
            raise SourceError(
                f'{self.name} is larger than {LARGEST_IMAGE / 1e6:g} MB: not an image'
            )
        missing = response.length or 0
        if missing:
            raise SourceError(f'{self.name} was cut off with {missing} bytes missing: try again')
        return content

    def _fetch(
        self,
        seconds: float,
        use: Callable[[HTTPResponse], Result],
        headers: dict[str, str] | None = None,
    ) -> Result:
        # This limits all of it, even where the server sends a little now and then.
        cookies = {'Cookie': self._cookies} if self._cookies else {}

        def fetch() -> Result:
            request = Request(self.url, headers=self._headers | cookies | (headers or {}))
            opener = build_opener(_Redirects)
            with closing(opener.open(request, timeout=seconds)) as response:
                return use(response)

        try:
            return within(seconds, fetch)
        except HTTPError as error:
            words = ' '.join(str(error.reason).split())
            advice = ADVICE.get(error.code, 'try again later')
            raise SourceError(f'{self.name} answers {error.code} ({words}): {advice}') from error
        except (URLError, HTTPException, OSError, ValueError) as error:
            reason: object = getattr(error, 'reason', None) or error
            if isinstance(reason, TimeoutError):
                reason = f'no complete answer within {seconds:g} s'
            raise SourceError(
                f'{self.name} cannot be loaded: {str(reason) or type(error).__name__}; look at '
                'the address and the network'
            ) from error

    def _ffmpeg_options(self) -> dict[str, str]:
        options = {'headers': ''.join(f'{x}: {value}\r\n' for x, value in self._headers.items())}
        if self._cookies:
            # Not as a header, which FFmpeg would send to every host that it is led to.
            host = urlsplit(self.url).netloc.rpartition('@')[2]
            options['cookies'] = '\n'.join(
                f'{cookie.strip()}; path=/; domain={host}' for cookie in self._cookies.split(';')
            )
        return options


class _Redirects(HTTPRedirectHandler):
    """Follows redirections on the web, and sends cookies to no other host."""

    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> Request | None:
        if urlsplit(newurl).scheme not in ('http', 'https'):
            raise URLError(f'it leads to {newurl}, which is not a web address')
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request and urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            request.remove_header('Cookie')
        return request


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """
    Return what work gives, or raise what it raises, or TimeoutError.

    Time-outs of sockets bound the wait for each byte but not for all of them, nor that for an
    address to be resolved. Work that is late is left to itself.
    """
    results: queue.SimpleQueue = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put((work(), None))
        except Exception as error:
            results.put((None, error))

    threading.Thread(target=run, name='fetch', daemon=True).start()
    try:
        result, error = results.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return result
