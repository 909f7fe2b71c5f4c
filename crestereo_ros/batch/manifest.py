# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What was made of what, and by what: the record that makes a result complete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from glob import glob, has_magic
import json
import os
from pathlib import Path
from typing import Any

from crestereo_ros import __version__

MANIFEST = 'manifest.json'


@dataclass(frozen=True)
class Origin:
    """
    What a result follows from.

    `inputs`: path, number of files, bytes and newest time of each input, see `input_state`.
    `model`: the digest of the file. `settings`: by their names.
    """

    inputs: list[dict[str, Any]]
    model: str
    settings: dict[str, Any]

    def difference(self, made: Origin) -> str:
        """Return in words in what another origin differs, empty if it does not."""
        if [x['path'] for x in made.inputs] != [x['path'] for x in self.inputs]:
            return 'made with another calibration'  # other images would have another name
        if made.inputs != self.inputs:
            return 'the input has changed'
        if made.model != self.model:
            return 'made with another model'
        names = sorted(self.settings.keys() | made.settings.keys())
        changes = [
            f'{name} {made.settings.get(name)}, now {self.settings.get(name)}'
            for name in names
            if made.settings.get(name) != self.settings.get(name)
        ]
        return f'made with other settings: {"; ".join(changes)}' if changes else ''


@dataclass(frozen=True)
class Manifest:
    """The record of a result. `seconds`: of work, over all processes."""

    origin: Origin
    frames: int
    seconds: float
    provider: str = ''
    version: str = field(default=__version__)

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), indent=2).encode()

    @classmethod
    def of_json(cls, content: bytes | str) -> Manifest | None:
        """Read a manifest; None if it is not one."""
        try:
            fields = json.loads(content)
            return cls(**{**fields, 'origin': Origin(**fields['origin'])})
        except (ValueError, TypeError, KeyError):
            return None


def input_state(text: str) -> dict[str, Any]:
    """Return what can be known of an input without reading it, so that changes are seen."""
    files = [file.stat() for file in _files(text)]
    if not files:  # an address, or nothing
        return {'path': text}
    return {
        'path': text,
        'files': len(files),
        'bytes': sum(file.st_size for file in files),
        'newest_ns': max(file.st_mtime_ns for file in files),
    }


def _files(text: str) -> Iterator[Path]:
    path = Path(text).expanduser()
    if path.is_dir():
        with os.scandir(path) as entries:
            yield from (Path(entry) for entry in entries if entry.is_file())
    elif path.exists():
        yield path
    elif has_magic(text):
        yield from (each for each in map(Path, glob(str(path), recursive=True)) if each.is_file())


def as_plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as they are after they were written to JSON and read back."""
    return json.loads(json.dumps(dict(values), default=str))
