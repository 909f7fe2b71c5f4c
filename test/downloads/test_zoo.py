# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Fetching from a server on loopback that behaves like servers and networks do."""

from dataclasses import replace
import hashlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import re
import resource
import threading

import onnx
import pytest

from crestereo_ros.downloads import (
    ADDRESS,
    DownloadError,
    fetch,
    fetch_described,
    NAMES,
    transfer,
    zoo,
)
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.models.description_files import shipped_descriptions
from training.zoo_model import build_zoo_model

NAME = 'crestereo_init_iter2_180x320'


class Server(ThreadingHTTPServer):
    """
    Serves `files` by path, and `redirects` from a path to an address.

    `cuts` are the numbers of bytes after which the next connections are closed. `length` is the
    length that it sends: None for none, True for that of the file. `asked` counts the requests.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.files, self.redirects, self.cuts = {}, {}, []
        self.length, self.asked = True, 0
        self.address = f'http://127.0.0.1:{self.server_port}/folder'


class Handler(BaseHTTPRequestHandler):
    """One request to a Server."""

    def do_GET(self):
        server, content = self.server, self.server.files.get(self.path)
        server.asked += 1
        if self.path in server.redirects:
            self.send_response(302)
            self.send_header('Location', server.redirects[self.path])
            self.end_headers()
            return
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        if server.length is not None:
            length = len(content) if server.length is True else server.length
            self.send_header('Content-Length', str(length))
        self.end_headers()
        self.wfile.write(content[: server.cuts.pop(0) if server.cuts else None])

    def log_message(self, *_):
        """Stay quiet."""


@pytest.fixture(scope='session')
def content(small_weights):
    """Return the content of a file as in the zoo, with a small network."""
    sizes = {'kind': 'init', 'height': 180, 'width': 320, 'iterations': 2}
    return build_zoo_model(small_weights, **sizes, sign_flips=True).SerializeToString()


@pytest.fixture(scope='session')
def other(content):
    """Return the same file with other bytes."""
    model = onnx.ModelProto.FromString(content)
    model.producer_name = 'other'
    return model.SerializeToString()


@pytest.fixture
def server(content, monkeypatch):
    """Return a running server that has the file."""
    monkeypatch.setenv('NO_PROXY', '127.0.0.1')
    with Server() as server:
        server.files[f'/folder/{NAME}.onnx'] = content
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path):
    """Return a directory to fetch into, which does not exist yet."""
    return tmp_path / 'cache' / 'models'


@pytest.fixture
def get(server, cache):
    """Return a function that fetches the file and returns the reports."""

    def get(name=NAME):
        reports = []
        path = fetch(name, cache, lambda *report: reports.append(report), server.address)
        assert path == cache / f'{name}.onnx'
        return reports

    return get


def files(directory):
    return sorted(path.name for path in directory.iterdir())


def assert_complete(cache, content):
    assert (cache / f'{NAME}.onnx').read_bytes() == content
    assert files(cache) == [f'{NAME}.onnx', f'{NAME}.onnx.sha256']
    digest = hashlib.sha256(content).hexdigest()
    assert (cache / f'{NAME}.onnx.sha256').read_text() == f'{digest}  {NAME}.onnx\n'


def test_fetches_a_file_that_can_be_used(get, cache, content):
    reports = get()
    assert_complete(cache, content)
    assert reports[-1] == (len(content), len(content))
    assert StereoMatcher(str(cache / f'{NAME}.onnx'), 'cpu').fixed_resolution == (180, 320)


@pytest.mark.parametrize('size', [0, 100_000])
def test_nothing_is_left_of_a_cut_download(get, server, cache, content, size):
    server.cuts = [size]
    with pytest.raises(DownloadError, match=f'cut after {size} of {len(content)} bytes. Fetch it'):
        get()
    assert files(cache) == []
    get()
    assert_complete(cache, content)


@pytest.mark.parametrize('length', [None, 'abc', '-1', ''])
def test_fetches_without_a_length(get, server, cache, content, length):
    server.length = length
    assert get()[-1] == (len(content), None)
    assert_complete(cache, content)


@pytest.mark.parametrize('length', [True, None])
def test_refuses_a_file_that_is_too_short(get, server, cache, content, length):
    server.length = length
    server.files[f'/folder/{NAME}.onnx'] = content[: len(content) // 2]
    with pytest.raises(DownloadError, match='the download is not a model'):
        get()
    assert files(cache) == []


@pytest.mark.parametrize('html', [b'<!DOCTYPE html>\n<title>Sign in</title>', b''])
def test_refuses_a_file_that_is_not_a_model(get, server, cache, html):
    server.files[f'/folder/{NAME}.onnx'] = html
    with pytest.raises(DownloadError, match='the download is not a model') as raised:
        get()
    assert repr(html[:16]) in str(raised.value)
    assert files(cache) == []


def test_refuses_another_model_than_the_requested_one(get, server, cache, content):
    server.files['/folder/crestereo_init_iter2_240x320.onnx'] = content
    with pytest.raises(DownloadError, match=r'another model than crestereo_init_iter2_240x320.*'):
        get('crestereo_init_iter2_240x320')
    assert files(cache) == []


def test_names_the_address_of_a_missing_file(get, server, cache):
    server.files.clear()
    with pytest.raises(DownloadError, match=rf'{server.address}/{NAME}.onnx: .* 404 Not Found'):
        get()
    assert files(cache) == []


def test_reports_a_missing_server(cache):
    with pytest.raises(DownloadError, match='no connection .*refused'):
        fetch(NAME, cache, lambda *_: None, 'http://127.0.0.1:1')
    assert files(cache) == []


def test_nothing_is_left_when_the_disk_is_full(get, cache, content):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(DownloadError, match='onnx cannot be written: File too large'):
            get()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files(cache) == []
    get()
    assert_complete(cache, content)


def test_keeps_an_existing_file(get, server, cache, content):
    get()
    assert get() == []
    assert server.asked == 1
    assert_complete(cache, content)


def test_reports_an_existing_file_that_has_changed(get, cache):
    get()
    with (cache / f'{NAME}.onnx').open('r+b') as file:
        file.write(b'changed')
    with pytest.raises(DownloadError, match='is not what was fetched first'):
        get()


def test_reports_a_later_download_that_differs_from_the_first(
    get, server, cache, content, other, monkeypatch
):
    get()
    (cache / f'{NAME}.onnx').unlink()
    server.files[f'/folder/{NAME}.onnx'] = other
    with (
        monkeypatch.context() as patch,
        pytest.raises(DownloadError, match=f'sha256 is {hashlib.sha256(other).hexdigest()}'),
    ):
        patch.setattr(zoo, 'open_session', lambda *_, **__: pytest.fail('opened before'))
        get()
    assert files(cache) == [f'{NAME}.onnx.sha256']
    server.files[f'/folder/{NAME}.onnx'] = content
    get()
    assert_complete(cache, content)


@pytest.mark.parametrize('record', ['', 'abc  file.onnx', b'\xff\xfe'])
@pytest.mark.parametrize('present', [True, False])
def test_reports_a_broken_record(get, cache, record, present):
    get()
    path = cache / f'{NAME}.onnx.sha256'
    path.write_bytes(record if isinstance(record, bytes) else record.encode())
    if not present:
        (cache / f'{NAME}.onnx').unlink()
    with pytest.raises(DownloadError, match=f'{path} does not hold a sha256: delete it'):
        get()


@pytest.mark.parametrize('name', ['crestereo_init_iter3_180x320', '../etc', ''])
def test_refuses_an_unknown_name(cache, name):
    with pytest.raises(DownloadError, match=f"no '{name}' to fetch: crestereo models list"):
        fetch(name, cache, lambda *_: None)
    assert not cache.exists()


@pytest.mark.parametrize(
    ('address', 'message'),
    [
        ('file:///etc', 'is not an address'),
        ('https://', 'is not an address'),
        ('here', 'is not an address'),
        ('https://[::1', 'is not an address'),
        ('http://example.com/models', 'is not encrypted'),
        ('http://127.0.0.1.example.com', 'is not encrypted'),
        ('http://localhost@example.com', 'is not encrypted'),
    ],
)
def test_accepts_only_encrypted_addresses(cache, address, message):
    with pytest.raises(DownloadError, match=f'{re.escape(address)} {message}'):
        fetch(NAME, cache, lambda *_: None, address)
    assert not cache.exists()


@pytest.mark.parametrize('to', ['http://example.com/model', 'ftp://127.0.0.1/model'])
def test_does_not_follow_a_redirection_to_an_unsafe_address(get, server, cache, to):
    server.redirects[f'/folder/{NAME}.onnx'] = to
    with pytest.raises(DownloadError, match=f'{to} is '):
        get()
    assert not (cache / f'{NAME}.onnx').exists()


def test_follows_redirections(get, server, cache, content):
    server.redirects[f'/folder/{NAME}.onnx'] = '/other'
    server.files['/other'] = content
    get()
    assert_complete(cache, content)


@pytest.mark.parametrize('length', [True, None])
def test_refuses_a_file_that_is_too_large(get, server, cache, monkeypatch, length):
    monkeypatch.setattr(transfer, 'MAX_BYTES', 200_000)
    server.length = length
    with pytest.raises(DownloadError, match=f'{NAME}.onnx is larger than 0.2 MB'):
        get()
    assert files(cache) == []


def test_knows_the_names_of_the_release():
    assert len(NAMES) == len(set(NAMES)) == 29
    assert 'crestereo_combined_iter5_380x480' in NAMES
    assert 'crestereo_init_iter20_720x1280' in NAMES
    assert ADDRESS.startswith('https://')


@pytest.fixture
def described(server, make_network):
    """Put a network on the server; return a function that describes it."""
    content = make_network('s2m2').read_bytes()
    server.files['/folder/net.onnx'] = content
    digest = hashlib.sha256(content).hexdigest()

    def described(sha256=digest, name='s2m2'):
        address = f'{server.address}/net.onnx'
        return replace(shipped_descriptions()[name], address=address, sha256=sha256)

    return described


def test_fetches_a_described_file(described, cache):
    path = fetch_described('mine', described(), cache, lambda *_: None)

    assert path == cache / 'mine.onnx'
    assert StereoMatcher(str(path), 'cpu').description == described()


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        ({'sha256': 'a' * 64}, 'is not the described file: its sha256 is'),
        ({'name': 'light_stereo'}, 'is not the described network: .* no input .left_img'),
    ],
)
def test_refuses_another_file_than_the_described_one(described, cache, changes, reason):
    if 'name' in changes:
        changes = {'sha256': '', **changes}
    with pytest.raises(DownloadError, match=reason):
        fetch_described('mine', described(**changes), cache, lambda *_: None)
    assert not (cache / 'mine.onnx').exists()


def test_a_description_without_an_address(cache):
    with pytest.raises(DownloadError, match='has no address: get the file from github.com/jun'):
        fetch_described('s2m2', shipped_descriptions()['s2m2'], cache, lambda *_: None)
