# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frozen files that are kept for the next start, and how large such a cache may become."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
import hashlib
from importlib import metadata
import json
import os
from pathlib import Path
import shutil

from crestereo_ros.atomic_write import write_atomically
from crestereo_ros.freezing.freeze import Target

MOST_BYTES = 1_000_000_000  # of all entries together; those of the published network have 25 MB
# Goes up when the graph of the same weights changes between two versions of the package.
GRAPH = 2
_VERSIONED = ('crestereo_ros', 'onnx', 'spox')


class FrozenCache:
    """
    A folder of frozen files. Several processes may use it at once.

    An entry is a file that appears whole or not at all, and beside it a folder for what an
    execution provider keeps of it. When all together become too large, those that were not used
    for longest are removed. Every method raises `OSError` where the folder cannot be used.

    :param folder: need not exist
    :param most_bytes: of all entries together
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self._most_bytes = most_bytes

    def identity(self, digest: str, target: Target) -> str:
        """
        Describe an entry by all that it depends on, such as the versions of the packages.

        :param digest: of the model file, `digest_of`
        """
        versions = {name: _version(name) for name in _VERSIONED}
        return json.dumps([digest, target, versions, GRAPH])

    def path(self, identity: str) -> Path:
        """Return the path of an entry, which need not exist."""
        return self.folder / f'{hashlib.sha256(identity.encode()).hexdigest()[:32]}.onnx'

    def kept_beside(self, path: Path) -> Path:
        """Return the folder for what an execution provider keeps of an entry; make it."""
        _, folder = _parts(path)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def add(self, path: Path, content: bytes) -> None:
        """Write an entry whole or not at all, and remove old ones, in a `locked` folder."""
        for part in self.folder.glob('*.part'):  # of processes that were killed while they wrote
            part.unlink(missing_ok=True)
        write_atomically(path, content)
        make_room(map(_parts, self.folder.glob('*.onnx')), path, self._most_bytes)

    def remove(self, path: Path) -> None:
        """Remove an entry that cannot be used."""
        _remove(_parts(path))

    def use(self, path: Path) -> None:
        """Note that an entry is used now."""
        with suppress(OSError):  # a cache that cannot be written can still be read
            os.utime(path)


def make_room(entries: Iterable[Sequence[Path]], kept: Path, most_bytes: int = MOST_BYTES) -> None:
    """
    Remove the entries of a cache that were not used for longest, until the rest is small enough.

    :param entries: files and folders of each, which need not exist any more. The time of the first
        one is that of its last use
    :param kept: the first one of an entry that stays in any case
    """
    found = []
    for entry in entries:
        with suppress(FileNotFoundError):  # another process has removed it
            found.append((entry[0].stat().st_mtime, sum(map(_size, entry)), entry))
    total = sum(size for _, size, _ in found)
    for _, size, entry in sorted(found, key=lambda x: x[0]):
        if total <= most_bytes:
            break
        if entry[0] != kept:
            _remove(entry)
            total -= size


def _parts(path: Path) -> tuple[Path, Path]:
    # Of an entry.
    return path, path.with_suffix('.compiled')


def _size(path: Path) -> int:
    total = 0
    for file in (path, *path.rglob('*')):
        with suppress(FileNotFoundError):
            total += file.stat().st_size if file.is_file() else 0
    return total


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return 'none'
