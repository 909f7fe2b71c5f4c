# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frozen files that are kept for the next start."""

from __future__ import annotations

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
    execution provider keeps of it. Which have not been used for longest go when all together
    become too large. `OSError` comes out of every method where the folder cannot be used.

    :param folder: need not exist
    :param most_bytes: of all entries together
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self._most_bytes = most_bytes

    def identity(self, digest: str, target: Target) -> str:
        """
        Describe an entry by all that it follows from, among it the versions of the packages.

        :param digest: of the model file, `digest_of`
        """
        versions = {name: _version(name) for name in _VERSIONED}
        return json.dumps([digest, target, versions, GRAPH])

    def path(self, identity: str) -> Path:
        """Return the path of an entry, which need not exist."""
        return self.folder / f'{hashlib.sha256(identity.encode()).hexdigest()[:32]}.onnx'

    def kept_beside(self, path: Path) -> Path:
        """Return the folder for what an execution provider keeps of an entry; make it."""
        folder = path.with_suffix('.compiled')
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def add(self, path: Path, content: bytes) -> None:
        """Write an entry whole or not at all, and remove old ones, in a `locked` folder."""
        for part in self.folder.glob('*.part'):  # of processes that were killed while they wrote
            part.unlink(missing_ok=True)
        write_atomically(path, content)
        self._make_room(path)

    def remove(self, path: Path) -> None:
        """Remove an entry that turned out to be of no use."""
        path.unlink(missing_ok=True)
        shutil.rmtree(path.with_suffix('.compiled'), ignore_errors=True)

    def use(self, path: Path) -> None:
        """Note that an entry is used now."""
        with suppress(OSError):  # a cache that cannot be written still serves
            os.utime(path)

    def _make_room(self, newest: Path) -> None:
        entries = sorted(self.folder.glob('*.onnx'), key=lambda path: path.stat().st_mtime)
        sizes = {path: _size(path) for path in entries}
        for path in entries:
            if sum(sizes.values()) <= self._most_bytes:
                break
            if path != newest:
                self.remove(path)
                del sizes[path]


def digest_of(model: Path) -> str:
    """Return the digest of a model file's content."""
    return hashlib.sha256(model.read_bytes()).hexdigest()


def _size(path: Path) -> int:
    beside = path.with_suffix('.compiled').rglob('*')
    return sum(x.stat().st_size for x in (path, *beside) if x.is_file())


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return 'none'
