# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Writes files that appear whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4


@contextmanager
def opened_atomically(path: Path) -> Iterator[BinaryIO]:
    """
    Open a temporary file beside the path, and move it there if the block succeeds.

    The folder is created if necessary. If the block fails, nothing of the file is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f'{path.name}.{uuid4().hex}.part')
    try:
        with part.open('xb') as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file through `opened_atomically`."""
    with opened_atomically(path) as file:
        file.write(content)
