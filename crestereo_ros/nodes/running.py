# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Run a node as a process: from its arguments to its exit code."""

from __future__ import annotations

from collections.abc import Callable
import os
import signal
import sys

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.logging import get_logger
from rclpy.node import Node


def run(
    make_node: Callable[[], Node],
    fatal: tuple[type[Exception], ...],
    close: Callable[[Node], bool] = lambda node: True,
    args: list[str] | None = None,
) -> int:
    """
    Make a node, spin it until it is told to end, and return the exit code of the process.

    SIGINT and SIGTERM end it with 0. An exception of `fatal`, or a parameter that cannot be what
    it is set to, ends it with 1 and one line that says why.

    :param close: called at the end with the node; whether all its threads have ended. If not,
        the process ends here: an interpreter that is torn down beneath native code crashes.
    """
    logger = get_logger('crestereo_ros')
    try:
        rclpy.init(args=args)
    except RuntimeError as error:  # rcl's, for arguments after --ros-args
        logger.fatal(str(error))
        return 1
    node = None
    code = 0
    try:
        node = make_node()
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except (*fatal, ParameterException) as error:
        logger.fatal(str(error))
        code = 1
    # A second Ctrl-C, or the SIGTERM that follows it, must not break off what ends anyway.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    ended = node is None or close(node)
    if node is not None:
        node.destroy_node()
    rclpy.try_shutdown()
    if not ended:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code
