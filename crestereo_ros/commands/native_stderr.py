# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What native libraries write to stderr."""

from collections.abc import Iterator
from contextlib import contextmanager
import os


@contextmanager
def silence_native_stderr() -> Iterator[None]:
    """
    Discard what is written to file descriptor 2 during the block.

    Use it for code that raises its errors, while libpng and other libraries print them as well.
    It applies to the whole process, so output of other threads is lost too.
    """
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
