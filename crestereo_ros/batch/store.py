# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the results of a batch are kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
import errno
import fcntl
import getpass
import json
import os
from pathlib import Path
import shutil
import socket
from typing import Any
from uuid import uuid4

from crestereo_ros.atomic_write import write_atomically
from crestereo_ros.batch.errors import BatchError
from crestereo_ros.batch.manifest import MANIFEST, Manifest

STATE = '.crestereo_batch'  # for what is in progress, beside the results
ERRORS = 'errors.json'
_FULL = errno.ENOSPC, errno.EDQUOT


class Store(ABC):
    """
    A place with a folder for each result, which is complete once it has a manifest.

    Beside the results it keeps parts: the results of spans, until they are joined. Every process
    that works on a batch opens the store by its `text`, which holds in every working directory.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @abstractmethod
    def held(self) -> AbstractContextManager[None]:
        """
        Keep other batches away during the block, and remove what an earlier one left half done.

        :raises BatchError: if another batch is there; the text says which
        """

    @abstractmethod
    def manifests(self) -> dict[str, Manifest]:
        """Return the manifests of all results by their names."""

    @abstractmethod
    def occupied(self, name: str) -> bool:
        """Return whether there is something without a manifest in the place of a result."""

    @abstractmethod
    def scratch(self) -> AbstractContextManager[Path]:
        """Give the block a new, empty local folder, which is removed after it."""

    @abstractmethod
    def publish(self, folder: Path, name: str, manifest: Manifest) -> None:
        """Make what is in a scratch folder the result of a name, in place of an earlier one."""

    @abstractmethod
    def part_manifest(self, name: str, part: str) -> Manifest | None:
        """Return the manifest of a part, None if it is not there or not complete."""

    @abstractmethod
    def keep_part(self, folder: Path, name: str, part: str, manifest: Manifest) -> None:
        """Make what is in a scratch folder a part, in place of an earlier one."""

    @abstractmethod
    def fetch_part(self, name: str, part: str, folder: Path) -> None:
        """Put the files of a part into a new local folder, as links where possible."""

    @abstractmethod
    def drop_parts(self, name: str) -> None:
        """Remove the parts of a result."""

    @abstractmethod
    def write_errors(self, errors: list[dict[str, Any]]) -> None:
        """Write the list of what failed; none: remove it."""

    @abstractmethod
    def free(self) -> int | None:
        """Return the free space in bytes, None if it is not known."""


def open_store(text: str) -> Store:
    """
    Open the place of results that a text names: a folder, or an address as of fsspec.

    :raises BatchError: if it cannot be used
    """
    if text.startswith('memory:'):
        raise BatchError(f'{text} ends with the process that writes it: name another place')
    if '://' in text:
        from crestereo_ros.batch.remote_store import RemoteStore

        return RemoteStore(text)
    return LocalStore(text)


def is_full(error: BaseException | None) -> bool:
    """Return whether an error, or what caused it, is for want of space."""
    while error is not None:
        if getattr(error, 'errno', None) in _FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def holder() -> bytes:
    """Return who this process is, for those that find the store held."""
    user = ''
    with suppress(Exception):  # there is no name in some containers
        user = getpass.getuser()
    return json.dumps(
        {
            'pid': os.getpid(),
            'host': socket.gethostname(),
            'user': user,
            'since': datetime.now().astimezone().isoformat(timespec='seconds'),
        }
    ).encode()


def held_by(text: str, content: bytes) -> BatchError:
    """Return the error that says who holds a store."""
    try:
        who = json.loads(content)
        words = f'process {who["pid"]} of {who["user"]} on {who["host"]}, since {who["since"]}'
    except (ValueError, KeyError, TypeError):
        words = 'a process that has not said who it is'
    return BatchError(
        f'{text} is held by another batch ({words}): wait for its end, or name another folder'
    )


class LocalStore(Store):
    """A folder, on this machine or one that all machines see."""

    def __init__(self, text: str) -> None:
        self.path = Path(text).expanduser().absolute()
        super().__init__(str(self.path))
        self._state = self.path / STATE

    @contextmanager
    def held(self) -> Iterator[None]:
        try:
            self._state.mkdir(parents=True, exist_ok=True)
            lock = (self._state / 'lock').open('a+b')
        except OSError as error:
            raise BatchError(f'{self.text} cannot be written: {error.strerror}') from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # ends with the process
            except OSError as error:
                lock.seek(0)
                raise held_by(self.text, lock.read()) from error
            with suppress(OSError):  # the disk may be full; the lock holds all the same
                lock.truncate(0)
                lock.write(holder())
                lock.flush()
            shutil.rmtree(self._state / 'work', ignore_errors=True)
            try:
                yield
            finally:
                shutil.rmtree(self._state / 'work', ignore_errors=True)
                with suppress(OSError):  # is not empty where parts are kept
                    (self._state / 'parts').rmdir()

    def manifests(self) -> dict[str, Manifest]:
        found: dict[str, Manifest] = {}
        if not self.path.is_dir():
            return found
        with os.scandir(self.path) as entries:
            for entry in entries:
                manifest = self._manifest(Path(entry)) if entry.name != STATE else None
                if manifest:
                    found[entry.name] = manifest
        return found

    def occupied(self, name: str) -> bool:
        path = self.path / name
        return path.exists() and self._manifest(path) is None

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        folder = self._state / 'work' / uuid4().hex
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(self, folder: Path, name: str, manifest: Manifest) -> None:
        self._move(folder, self.path / name, manifest)

    def part_manifest(self, name: str, part: str) -> Manifest | None:
        return self._manifest(self._part(name, part))

    def keep_part(self, folder: Path, name: str, part: str, manifest: Manifest) -> None:
        self._move(folder, self._part(name, part), manifest)

    def fetch_part(self, name: str, part: str, folder: Path) -> None:
        shutil.copytree(self._part(name, part), folder, copy_function=_link)

    def drop_parts(self, name: str) -> None:
        shutil.rmtree(self._state / 'parts' / name, ignore_errors=True)

    def write_errors(self, errors: list[dict[str, Any]]) -> None:
        path = self.path / ERRORS
        if errors:
            write_atomically(path, json.dumps(errors, indent=2).encode())
        else:
            path.unlink(missing_ok=True)

    def free(self) -> int | None:
        path = self.path
        while not path.exists():
            path = path.parent
        return shutil.disk_usage(path).free

    def _part(self, name: str, part: str) -> Path:
        return self._state / 'parts' / name / part

    @staticmethod
    def _manifest(folder: Path) -> Manifest | None:
        try:
            return Manifest.of_json((folder / MANIFEST).read_bytes())
        except OSError:
            return None

    @staticmethod
    def _move(folder: Path, place: Path, manifest: Manifest) -> None:
        # The manifest is there before the folder takes its name, so the result is whole at once.
        write_atomically(folder / MANIFEST, manifest.to_json())
        place.parent.mkdir(parents=True, exist_ok=True)
        before = folder.with_name(f'{folder.name}.before')
        if place.exists():
            place.rename(before)
        folder.rename(place)
        shutil.rmtree(before, ignore_errors=True)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # there are file systems without
        shutil.copy2(source, target)
