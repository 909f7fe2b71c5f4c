# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Run a node as a process: from its arguments to its exit code."""

from __future__ import annotations

from collections.abc import Callable
import os
import signal
import sys
import threading

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.logging import get_logger
from rclpy.node import Node


def run(
    make_node: Callable[[], Node],
    fatal: tuple[type[Exception], ...],
    close: Callable[[Node], object] = lambda node: None,
    args: list[str] | None = None,
) -> int:
    """
    Make a node, spin it until it is told to end, and return the exit code of the process.

    SIGINT and SIGTERM end it with 0. An exception of `fatal`, or a parameter that cannot be what
    it is set to, ends it with 1 and one line that says why.

    :param close: called with the node at the end, to stop its threads. While one of them goes on
        the process ends here: an interpreter that is torn down beneath native code crashes.
    """
    logger = get_logger('crestereo_ros')
    # rclpy ends the spinning at both signals. It calls what was there before as well, which
    # would raise KeyboardInterrupt, wherever Python is just then.
    signals = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: signals.append(number))
    try:
        rclpy.init(args=args)
    except RuntimeError as error:  # rcl's, for arguments after --ros-args
        logger.fatal(str(error))
        return 1
    node = None
    code = 0
    try:
        node = make_node()
        if not signals:
            rclpy.spin(node)
    except ExternalShutdownException:
        pass
    except (*fatal, ParameterException) as error:
        logger.fatal(str(error))
        code = 1
    except Exception:
        if not signals:
            raise
        # Else the node was being made of what the signal has shut down.
    if node is not None:
        close(node)
        node.destroy_node()
    rclpy.try_shutdown()
    if threading.active_count() > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code
