# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where descriptions of networks are: those that are shipped, and FILE.yaml beside FILE.onnx."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from crestereo_ros.models.checksums import digest_of
from crestereo_ros.models.description import Description
from crestereo_ros.models.entries import EntryError, read_entries
from crestereo_ros.models.errors import DescriptionError
from crestereo_ros.shared_folders import shared_folders


@lru_cache(maxsize=1)
def shipped_descriptions() -> dict[str, Description]:
    """Return the descriptions that were installed with the package, by name."""
    files: dict[str, Path] = {}
    for folder in shared_folders('config/networks'):
        for file in folder.glob('*.yaml'):
            files.setdefault(file.stem, file)
    return {name: read_description(file) for name, file in sorted(files.items())}


def description_beside(path: Path) -> Description | None:
    """
    Return the description in FILE.yaml beside a model file, None where there is none.

    :raises DescriptionError: where it cannot be read, or is of another file
    """
    description, file = written_beside(path), path.with_suffix('.yaml')
    if description and description.sha256 and description.sha256 != digest_of(path):
        raise DescriptionError(
            f'{file} describes another file: sha256 in it is not that of {path.name}, '
            f'{digest_of(path)}. Get the file that it describes, or run `crestereo models check '
            f'{path} --write`'
        )
    return description


def written_beside(path: Path) -> Description | None:
    """
    Return what is in FILE.yaml beside a model file, whatever the file is; None without one.

    :raises DescriptionError: where it cannot be read
    """
    file = path.with_suffix('.yaml')
    return read_description(file) if file.is_file() else None


def identity_of(path: Path) -> str:
    """Return a text that changes whenever a model file or the description beside it does."""
    file = path.with_suffix('.yaml')
    return '-'.join(digest_of(x) for x in (path, file) if x.is_file())


def read_description(file: Path) -> Description:
    """
    Read a description.

    :raises DescriptionError: where it cannot be read; the text names line, field and what may
        stand there
    """
    try:
        return read_entries(Description, file.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError) as error:
        raise DescriptionError(f'{file} cannot be read: {error}') from error
    except EntryError as error:
        raise DescriptionError(f'{file}, {error}. See docs/networks.md') from error
