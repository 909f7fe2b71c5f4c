# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The package's warnings, for users of the command."""

from collections.abc import Iterator
from contextlib import contextmanager
import logging
import os

from crestereo_ros.commands.progress import CLEAR_LINE


@contextmanager
def log_warnings(command: str) -> Iterator[None]:
    """
    Print the package's warnings on stderr during the block.

    They appear even while `silence_native_stderr` is active.

    :param command: the name that each line begins with
    """
    logger = logging.getLogger('crestereo_ros')
    with os.fdopen(os.dup(2), 'w') as stream:
        handler = logging.StreamHandler(stream)
        handler.setLevel(logging.WARNING)
        clear = CLEAR_LINE if stream.isatty() else ''  # a progress bar may be on the line
        handler.setFormatter(logging.Formatter(f'{clear}{command}: %(message)s'))
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)
