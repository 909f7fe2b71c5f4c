# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What libraries in C write to stderr past Python."""

from collections.abc import Iterator
from contextlib import contextmanager
import os


@contextmanager
def native_stderr_silenced() -> Iterator[None]:
    """
    Lead file descriptor 2 nowhere as long as this lasts.

    For code that raises what went wrong, while libpng and others print it as well. It holds for
    the whole process: what other threads write meanwhile is lost too.
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
