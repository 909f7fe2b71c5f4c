# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Downloads a file over HTTP, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPException, HTTPMessage
import ipaddress
from typing import BinaryIO, IO
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import build_opener, HTTPRedirectHandler, Request

from crestereo_ros.downloads.errors import DownloadError

TIMEOUT = 30  # s without a byte
BLOCK = 1 << 18
MAX_BYTES = 1_000_000_000  # files of the zoo have about 30 MB

# Gets the number of bytes so far and that of the whole file, None if the server does not say.
Report = Callable[[int, 'int | None'], None]


def check_address(url: str) -> None:
    """
    Check that nobody can change a download on its way.

    :raises DownloadError: unless it is an https address, or an http address of this machine
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ''
    except ValueError:
        raise DownloadError(f'{url} is not an address: it has to start with https://') from None
    if not host or parts.scheme not in ('https', 'http'):
        raise DownloadError(f'{url} is not an address: it has to start with https://')
    if parts.scheme == 'http' and not _is_loopback(host):
        raise DownloadError(
            f'{url} is not encrypted, so anybody could change the file on its way: use https://'
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == 'localhost'


def transfer(url: str, file: BinaryIO, report: Report) -> None:
    """
    Download an address to a file.

    :raises DownloadError: if it cannot be downloaded, is cut, or is larger than `MAX_BYTES`
    :raises OSError: if the file cannot be written
    """
    request = Request(url, headers={'User-Agent': 'crestereo_ros'})
    try:
        response = build_opener(_CheckedRedirects).open(request, timeout=TIMEOUT)
    except HTTPError as error:
        error.close()
        raise DownloadError(f'{url}: the server answers {error.code} {error.reason}') from error
    except (HTTPException, OSError, ValueError) as error:
        reason = getattr(error, 'reason', error)
        raise DownloadError(f'{url}: no connection ({reason})') from error
    with response:
        length = response.headers['Content-Length'] or ''
        total = int(length) if length.isdecimal() else None
        here = 0
        while here <= MAX_BYTES >= (total or 0):
            try:
                block = response.read(BLOCK)
            except (HTTPException, OSError) as error:
                raise DownloadError(f'{url}: cut after {here} bytes ({error})') from error
            if not block:
                break
            file.write(block)
            here += len(block)
            report(here, total)
        else:
            raise DownloadError(
                f'{url} is larger than {MAX_BYTES / 1e6:g} MB, so it is not a model'
            )
    if total is not None and here < total:
        raise DownloadError(f'{url}: cut after {here} of {total} bytes. Fetch it again')


class _CheckedRedirects(HTTPRedirectHandler):
    """Follows redirections to safe addresses only."""

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
