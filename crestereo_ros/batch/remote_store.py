# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Results at an address that fsspec reaches, such as s3:// or gs://."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
import json
import os
from pathlib import Path
import shutil
from tempfile import gettempdir, TemporaryDirectory
from threading import Event, Thread
import time
from typing import Any

from crestereo_ros.batch.errors import BatchError
from crestereo_ros.batch.manifest import MANIFEST, Manifest
from crestereo_ros.batch.store import ERRORS, held_by, holder, STATE, Store

BEAT = 20.0  # s between two signs of life of the holder
STALE = 120.0  # s without one, after which the holder is taken as dead


class _Files:
    """A file system of fsspec whose errors are those of files, whatever its library raises."""

    def __init__(self, files: Any) -> None:  # noqa: ANN401
        self._files = files

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        attribute = getattr(self._files, name)
        if not callable(attribute):
            return attribute

        def call(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401
            try:
                return attribute(*arguments, **options)
            except OSError:
                raise
            except Exception as error:
                raise OSError(str(error)) from error

        return call


class RemoteStore(Store):
    """
    Objects under an address. The manifest of a result is written after all of its files.

    Work is done in folders for temporary files. On the machine of the batch, what workers leave in
    them that were killed is removed at its end.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        try:
            import fsspec
        except ImportError as error:
            raise BatchError(
                f'{text} needs fsspec: pip install fsspec (the extra `ray`)'
            ) from error
        try:
            files, self._root = fsspec.core.url_to_fs(text)
        except (ImportError, ValueError) as error:
            raise BatchError(f'{text} cannot be used: {error}') from error
        self._files = _Files(files)
        digest = sha256(text.encode()).hexdigest()[:16]
        self._work = Path(gettempdir()) / f'crestereo_batch_{os.getuid()}_{digest}'

    @contextmanager
    def held(self) -> Iterator[None]:
        lock, mine = self._path(STATE, 'lock'), holder()
        self._take(lock, mine)
        ended = Event()

        def show_life() -> None:
            while not ended.wait(BEAT):
                with suppress(OSError):  # the next time, or the batch itself will say it
                    self._files.pipe_file(lock, self._beat(mine))

        thread = Thread(target=show_life, name='holder', daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            shutil.rmtree(self._work, ignore_errors=True)
            self._files.rm_file(lock)

    def _take(self, lock: str, mine: bytes) -> None:
        self._make_folder(lock)
        try:
            self._files.pipe_file(lock, self._beat(mine), mode='create')
        except FileExistsError as error:
            content = self._files.cat_file(lock)
            with suppress(ValueError, KeyError, TypeError):
                if time.time() - json.loads(content)['beat'] > STALE:
                    self._files.pipe_file(lock, self._beat(mine))
                    return
            raise held_by(self.text, content) from error
        except OSError as error:
            raise BatchError(f'{self.text} cannot be written: {error}') from error

    @staticmethod
    def _beat(mine: bytes) -> bytes:
        return json.dumps({**json.loads(mine), 'beat': time.time()}).encode()

    def manifests(self) -> dict[str, Manifest]:
        paths = self._files.glob(self._path('*', MANIFEST))
        contents = self._files.cat(paths) if paths else {}
        manifests = ((path, Manifest.of_json(content)) for path, content in contents.items())
        return {path.split('/')[-2]: manifest for path, manifest in manifests if manifest}

    def occupied(self, name: str) -> bool:
        return False  # an interrupted transfer leaves objects, which the next one replaces

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        self._work.mkdir(mode=0o700, exist_ok=True)
        if self._work.stat().st_uid != os.getuid():
            raise BatchError(f'{self._work} belongs to another user: set TMPDIR to another folder')
        with TemporaryDirectory(dir=self._work) as parent:
            folder = Path(parent) / 'work'
            folder.mkdir()
            yield folder

    def publish(self, folder: Path, name: str, manifest: Manifest) -> None:
        self._put(folder, self._path(name), manifest)

    def part_manifest(self, name: str, part: str) -> Manifest | None:
        try:
            return Manifest.of_json(self._files.cat_file(self._part(name, part, MANIFEST)))
        except FileNotFoundError:
            return None

    def keep_part(self, folder: Path, name: str, part: str, manifest: Manifest) -> None:
        self._put(folder, self._part(name, part), manifest)

    def fetch_part(self, name: str, part: str, folder: Path) -> None:
        remote = self._part(name, part)
        paths = self._files.find(remote)
        start = len(self._files._strip_protocol(remote)) + 1
        local = [folder / path[start:] for path in paths]
        for path in local:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._files.get(paths, [str(path) for path in local])

    def drop_parts(self, name: str) -> None:
        self._remove(self._path(STATE, 'parts', name))

    def write_errors(self, errors: list[dict[str, Any]]) -> None:
        path = self._path(ERRORS)
        if errors:
            self._files.pipe_file(path, json.dumps(errors, indent=2).encode())
        else:
            self._remove(path)

    def free(self) -> int | None:
        return None

    def _put(self, folder: Path, place: str, manifest: Manifest) -> None:
        self._remove(f'{place}/{MANIFEST}')  # first, so that what is half replaced is incomplete
        self._remove(place)
        local = [path for path in sorted(folder.rglob('*')) if path.is_file()]
        remote = [f'{place}/{path.relative_to(folder).as_posix()}' for path in local]
        for path in [*remote, f'{place}/{MANIFEST}']:
            self._make_folder(path)
        if local:
            self._files.put([str(path) for path in local], remote)
        self._files.pipe_file(f'{place}/{MANIFEST}', manifest.to_json())

    def _make_folder(self, path: str) -> None:
        # Object stores have no folders, but would make a bucket.
        if self._files.protocol in ('file', 'memory') or 'file' in self._files.protocol:
            self._files.makedirs(path.rpartition('/')[0], exist_ok=True)

    def _remove(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self._files.rm(path, recursive=True)

    def _part(self, name: str, *parts: str) -> str:
        return self._path(STATE, 'parts', name, *parts)

    def _path(self, *parts: str) -> str:
        return '/'.join((self._root.rstrip('/'), *parts))
