# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Warnings of the package, for those who run a command."""

from collections.abc import Iterator
from contextlib import contextmanager
import logging
import os

from crestereo_ros.commands.progress import CLEAR_LINE


@contextmanager
def warnings_told(command: str) -> Iterator[None]:
    """Print what the package warns of on stderr, also while C libraries are silenced there."""
    logger = logging.getLogger('crestereo_ros')
    with os.fdopen(os.dup(2), 'w') as stream:
        handler = logging.StreamHandler(stream)
        handler.setLevel(logging.WARNING)
        clear = CLEAR_LINE if stream.isatty() else ''  # of a progress bar
        handler.setFormatter(logging.Formatter(f'{clear}{command}: %(message)s'))
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)
