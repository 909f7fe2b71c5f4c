# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Downloads model files: those of the ONNX zoo, and those that a description names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from crestereo_ros.atomic_write import opened_atomically, write_atomically
from crestereo_ros.downloads.errors import DownloadError
from crestereo_ros.downloads.transfer import check_address, Report, transfer
from crestereo_ros.matching import ModelFileError
from crestereo_ros.models.checksums import check_record, digest_of, record_of
from crestereo_ros.models.contracts import contract_of
from crestereo_ros.models.description import Description
from crestereo_ros.models.entries import write_entries
from crestereo_ros.models.errors import ChangedFileError
from crestereo_ros.providers.engine import Engine
from crestereo_ros.providers.opening import open_session

# PINTO_model_zoo 284 has archives of all files; this release has the files one by one.
ADDRESS = 'https://github.com/nburrus/stereodemo/releases/download/v0.1-crestereo'

_SIZES = {
    'combined': ('240x320', '480x640', '720x1280'),
    'init': ('180x320', '240x320', '480x640', '720x1280'),
}
_KINDS = {
    ('left', 'right'): 'init',
    ('left_half', 'right_half', 'left', 'right'): 'combined',
}
NAMES = [
    f'crestereo_{kind}_iter{iterations}_{size}'
    for kind, sizes in _SIZES.items()
    for size in sizes
    for iterations in (2, 5, 10, 20)
] + ['crestereo_combined_iter5_380x480']


def fetch(name: str, directory: Path, report: Report, address: str = ADDRESS) -> Path:
    """
    Download a file of the zoo, unless `directory` has it.

    It becomes `NAME.onnx` once it is whole and a model of the kind and size in `name`.

    No checksums are published. The checksum of the first download is written beside the file, as
    `NAME.onnx.sha256` in the format of sha256sum. Any later download is compared with it before it
    is opened, and so is an existing file.

    :param report: called during the download
    :param address: the folder of the files on the web: https, or http on this machine
    :returns: the path of the file
    :raises DownloadError: if the name is unknown, the file cannot be downloaded or written or is
        another model, or the file in `directory` has changed
    """
    if name not in NAMES:
        raise DownloadError(
            f'there is no {name!r} to fetch: crestereo models list shows the names'
        )
    check_address(address)
    url = f'{address.rstrip("/")}/{name}.onnx'
    return download(url, directory / f'{name}.onnx', report, partial(_check, name=name))


def fetch_described(name: str, description: Description, directory: Path, report: Report) -> Path:
    """
    Download the file that a description names, unless `directory` has it.

    It becomes `NAME.onnx` once it is whole, has the checksum in the description, and is a network
    that fits the description. The description is written beside it.

    :param name: the name of the model
    :param report: called during the download
    :raises DownloadError: as for `fetch`
    """
    path = directory / f'{name}.onnx'

    def check(part: Path) -> None:
        try:
            contract_of(open_session(part, Engine('cpu', threads=1)).session, part, description)
        except ModelFileError as error:
            raise DownloadError(f'the download is not the described network: {error}') from error

    if not description.address:
        raise DownloadError(
            f'the description of {name} has no address: get the file from '
            f'{description.source or "its authors"}, and put the description beside it'
        )
    download(description.address, path, report, check, description.sha256)
    write_atomically(path.with_suffix('.yaml'), write_entries(description).encode())
    return path


def download(
    url: str, path: Path, report: Report, check: Callable[[Path], None], sha256: str = ''
) -> Path:
    """
    Download a whole file. If it exists, only compare its checksum.

    The checksum is written beside it in the format of sha256sum. If none is published, later
    downloads must have that of the first one.

    :param url: https, or http on this machine
    :param report: called during the download
    :param check: raises DownloadError if the file is not the right one
    :param sha256: the checksum that the file must have; '' if none is published
    :raises DownloadError: as for `fetch`
    """
    check_address(url)
    if path.exists():
        _compare(path, path, sha256)
        return path
    try:
        with opened_atomically(path) as file:
            transfer(url, file, report)
            file.flush()
            part = Path(file.name)
            digest = _compare(part, path, sha256)
            check(part)
            write_atomically(record_of(path), f'{digest}  {path.name}\n'.encode())
    except OSError as error:
        raise DownloadError(f'{path} cannot be written: {error.strerror}') from error
    return path


def _check(part: Path, name: str) -> None:
    # Check that it is the model of this name.
    _, kind, _, size = name.split('_')
    try:
        contract = contract_of(open_session(part, Engine('cpu', threads=1)).session, part)
    except ModelFileError as error:
        with part.open('rb') as file:
            start = file.read(16)
        raise DownloadError(
            f'the download is not a model, it begins with {start!r}: {error}'
        ) from error
    found = (
        _KINDS.get(contract.roles, 'any'),
        '{}x{}'.format(*contract.resolution or ('any', 'any')),
    )
    if found != (kind, size):
        raise DownloadError(
            f'the download is another model than {name}: {found[0]}, resolution {found[1]}'
        )


def _compare(received: Path, path: Path, sha256: str) -> str:
    # Return the checksum. It has to equal the published one and the recorded one of `path`.
    digest = digest_of(received)
    if sha256 and digest != sha256:
        raise DownloadError(
            f'{path.name} is not the described file: its sha256 is {digest}, not {sha256}'
        )
    try:
        check_record(path, digest)
    except ChangedFileError as error:
        raise DownloadError(str(error)) from error
    return digest
