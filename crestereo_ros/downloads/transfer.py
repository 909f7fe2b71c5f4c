# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
A file over HTTP, taken up where it was cut.

The rest of a file is asked for with Range, on the condition (If-Range) that it is still the one
whose beginning is here, told by its ETag (RFC 9110, sections 13 and 14). The ETag is kept beside
the file, so that another process can go on later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import fcntl
from http.client import HTTPException, HTTPMessage
import ipaddress
import os
from pathlib import Path
from typing import BinaryIO, IO
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import build_opener, HTTPRedirectHandler, Request

from crestereo_ros.downloads.errors import DownloadError

TIMEOUT = 30  # s without a byte
BLOCK = 1 << 18
LARGEST = 1_000_000_000  # bytes; files of the zoo have about 30 MB

# Takes the bytes that are here and the bytes of the whole file, None where the server does not
# say how many.
Report = Callable[[int, 'int | None'], None]


def check_address(url: str) -> None:
    """
    Check that nobody on the way can change what an address gives.

    :raises DownloadError: unless it is an https address, or an http one of this machine
    """
    parts = urlsplit(url)
    host = parts.hostname or ''
    if not host or parts.scheme not in ('https', 'http'):
        raise DownloadError(f'{url} is no address: it has to begin with https://')
    if parts.scheme == 'http' and not _is_loopback(host):
        raise DownloadError(
            f'{url} is not encrypted, so anybody on the way could change the file: use https://'
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == 'localhost'


@contextmanager
def opened_part(path: Path) -> Iterator[BinaryIO]:
    """
    Open the file that a download is written to, for this process alone.

    :raises DownloadError: while another process has it
    """
    with path.open('a+b') as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not path.exists() or not os.path.samestat(os.fstat(file.fileno()), path.stat()):
                raise BlockingIOError  # it was finished between opening and locking
        except BlockingIOError as error:
            raise DownloadError(
                f'{path} is being downloaded by another process: wait for it'
            ) from error
        yield file


def transfer(url: str, file: BinaryIO, etag_path: Path, report: Report) -> None:
    """
    Append what is still missing of a file.

    A connection that is cut is made again for as long as each brings the file further.

    :param file: begins as `url` does; open for reading and appending
    :param etag_path: where the ETag of its beginning is kept
    :raises DownloadError: when no connection brings it further, and what has come stays in
        `file`; or when it is larger than `LARGEST`, and `file` is empty
    :raises OSError: when it cannot be written
    """
    reached = 0
    while problem := _attempt(url, file, etag_path, report):
        size = file.seek(0, os.SEEK_END)
        if size <= reached:
            raise DownloadError(f'{url}: {problem}. Fetch again to go on')
        reached = size
    etag_path.unlink(missing_ok=True)


def _attempt(url: str, file: BinaryIO, etag_path: Path, report: Report) -> str:
    # One connection. Returns what went wrong with it, '' if nothing.
    here = file.seek(0, os.SEEK_END)
    headers = {'User-Agent': 'crestereo_ros'}
    if here and etag_path.exists():
        headers |= {'Range': f'bytes={here}-', 'If-Range': etag_path.read_text()}
    try:
        response = build_opener(_CheckedRedirects).open(
            Request(url, headers=headers), timeout=TIMEOUT
        )
    except HTTPError as error:
        error.close()
        if error.code == 416 and 'Range' in headers:  # more is here than there
            file.truncate(0)
            return _attempt(url, file, etag_path, report)
        return f'the server answers {error.code} {error.reason}'
    except (HTTPException, OSError) as error:
        return f'no connection ({getattr(error, "reason", error)})'
    with response:
        if response.status != 206:  # the file from its beginning
            file.truncate(0)
            here = 0
        elif not response.headers.get('Content-Range', '').startswith(f'bytes {here}-'):
            file.truncate(0)
            return 'the server sent another part than was asked for'
        length = response.headers['Content-Length']
        total = here + int(length) if length else None
        _check_size(total or 0, url, file)
        _keep_etag(response.headers.get('ETag', ''), etag_path)
        while True:
            try:
                block = response.read(BLOCK)
            except (HTTPException, OSError) as error:
                return f'the connection was cut after {here} bytes ({error})'
            if not block:
                break
            _check_size(here + len(block), url, file)
            file.write(block)
            here += len(block)
            report(here, total)
    file.flush()
    if total is not None and here < total:
        return f'the connection was cut after {here} of {total} bytes'
    return ''


class _CheckedRedirects(HTTPRedirectHandler):
    """Follows redirections to addresses that may be fetched from."""

    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> Request | None:
        check_address(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_size(size: int, url: str, file: BinaryIO) -> None:
    if size > LARGEST:
        file.truncate(0)
        raise DownloadError(f'{url} is larger than {LARGEST / 1e6:g} MB, so it is no model')


def _keep_etag(etag: str, path: Path) -> None:
    # A weak one would not do: it promises the same meaning, not the same bytes.
    if etag.startswith('"'):
        path.write_text(etag)
    else:
        path.unlink(missing_ok=True)
