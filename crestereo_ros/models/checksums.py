# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Checksums of model files, and the records of them beside files that were fetched."""

from __future__ import annotations

import hashlib
from pathlib import Path
import re

from crestereo_ros.models.errors import ChangedFileError

BLOCK = 1 << 20


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, 64 digits."""
    digest = hashlib.sha256()
    with path.open('rb') as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def record_of(path: Path) -> Path:
    """Return where the checksum of a file is, in the format of sha256sum, if it was fetched."""
    return path.with_name(f'{path.name}.sha256')


def check_record(path: Path, digest: str = '') -> None:
    """
    Compare a file with the checksum beside it, if there is one.

    :param digest: of its content; '' to compute it, a second for some 500 MB
    :raises ChangedFileError: where it differs, or the record holds none
    """
    record = record_of(path)
    if not record.is_file():
        return
    recorded = re.match(rb'[0-9a-f]{64}\b', record.read_bytes())
    if recorded is None:
        raise ChangedFileError(
            f'{record} does not hold a sha256: delete it if you trust {path.name}, and fetch again'
        )
    digest = digest or digest_of(path)
    if recorded[0].decode() != digest:
        raise ChangedFileError(
            f'{path} is not what was fetched first: its sha256 is {digest}, not that in {record}. '
            'Delete the one that you do not trust, and fetch again'
        )
