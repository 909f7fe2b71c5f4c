# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Passes what the package logs through Python's logging to the log of a node."""

from __future__ import annotations

import logging

from rclpy.impl.rcutils_logger import RcutilsLogger

_PACKAGE = logging.getLogger('crestereo_ros')


class RosLogHandler(logging.Handler):
    """Passes the package's records of Python's `logging` on to the logger of a node."""

    def __init__(self, logger: RcutilsLogger) -> None:
        """Start passing records on; `close` ends it."""
        super().__init__()
        self._logger = logger
        self._level_before = _PACKAGE.level
        _PACKAGE.setLevel(logging.INFO)
        _PACKAGE.addHandler(self)

    def close(self) -> None:
        """Stop passing records on."""
        _PACKAGE.removeHandler(self)
        _PACKAGE.setLevel(self._level_before)
        super().close()

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)  # with the traceback of an exception
        # One call for each severity: rclpy requires that each line of code logs a single one.
        if record.levelno >= logging.ERROR:
            self._logger.error(text)
        elif record.levelno >= logging.WARNING:
            self._logger.warning(text)
        else:
            self._logger.info(text)
