# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs a node as a process: from its arguments to its exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import gc
import os
import signal
import sys
import threading
import traceback
from types import FrameType
from typing import TypeVar

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from crestereo_ros.errors import CrestereoError
from crestereo_ros.nodes.start_arguments import warn_of_unused_arguments

SIGNAL_DELAY = 0.1  # seconds at most until a signal takes effect

SomeNode = TypeVar('SomeNode', bound=Node)

_signals: list[int] = []  # those received
_interruptible = False  # whether the next signal interrupts what runs


class ArgumentsError(CrestereoError):
    """The arguments after --ros-args cannot be parsed."""


def run(
    make_node: Callable[[], SomeNode],
    close: Callable[[SomeNode], object],
    args: list[str] | None = None,
) -> int:
    """
    Make a node, spin it until a signal or the node ends it, and return the exit code.

    SIGINT and SIGTERM end it with 0. A CrestereoError or a refused parameter ends it with 1 and
    one line that says why; any other exception ends it with 1 and a traceback.

    If a thread is still running at the end, the process exits here without tearing down the
    interpreter, because native code that is still running would crash.

    :param close: called with the node, however it ended, to stop its threads
    """
    logger = get_logger('crestereo_ros')
    node: SomeNode | None = None
    executor: SingleThreadedExecutor | None = None

    def on_signal(number: int, _: FrameType | None) -> None:
        _signals.append(number)
        if node is None or _interruptible:  # making it may take long
            raise KeyboardInterrupt

    # Not rclpy's handlers: they wake the executor before they shut down its context, so that it
    # may wait again for ever, and KeyboardInterrupt could be raised anywhere.
    _signals.clear()
    set_handlers(on_signal)
    code = 0
    try:
        try:
            initialize(args)
            node = make_node()
            warn_of_unused_arguments(node, args)
            executor = SingleThreadedExecutor()
            executor.add_node(node)
            while rclpy.ok() and not _signals:
                executor.spin_once(SIGNAL_DELAY)
        finally:
            # From here on, a signal must not interrupt the shutdown or its last messages.
            set_handlers(signal.SIG_IGN)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass  # the latter if the node itself has shut down its context
    except (CrestereoError, ParameterException) as error:
        logger.fatal(' '.join(str(error).split()))  # ONNX Runtime's may have several lines
        code = 1
    except Exception:
        traceback.print_exc()
        code = 1
    if executor is not None:
        executor.shutdown()  # before its context, which it needs for that
    if node is not None:
        close(node)
        node.destroy_node()
    else:
        gc.collect()  # what was made of it goes before its context, without which it may crash
    rclpy.try_shutdown()
    if threading.active_count() > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


@contextmanager
def interruptible() -> Iterator[None]:
    """
    Let a signal interrupt the body, and so end `run`.

    For a callback that has to wait for a long time.
    """
    global _interruptible
    _interruptible = True
    try:
        if _signals:  # one arrived just before
            raise KeyboardInterrupt
        yield
    finally:
        _interruptible = False


def set_handlers(
    handler: Callable[[int, FrameType | None], object] | signal.Handlers,
) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def initialize(args: list[str] | None) -> None:
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:  # rcl's
        unknown = type(error).__name__ == 'UnknownROSArgsError'  # whose text is only their list
        reason = f'unknown arguments after --ros-args: {error}' if unknown else str(error)
        raise ArgumentsError(reason) from error
