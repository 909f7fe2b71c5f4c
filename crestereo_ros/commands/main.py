# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The `crestereo` command."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from typing import NoReturn

from crestereo_ros.errors import CrestereoError


class OneLineParser(argparse.ArgumentParser):
    """A parser that reports an error in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f'{self.prog}: {message} (see {self.prog} --help)\n')


def main(arguments: list[str] | None = None) -> int:
    """
    Run the command.

    :returns: the exit code: 0 after success, 2 after an error, whose reason is one line on
        stderr, 130 after an interrupt
    """
    code = run(arguments)
    if threading.active_count() > 1:
        # The results of the threads are no longer needed, and native code in them may crash if
        # the interpreter shuts down while it is running.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def run(arguments: list[str] | None) -> int:
    # Some libraries turn a KeyboardInterrupt during their import into another error.
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    try:
        # Imported here, because a package may be missing.
        from crestereo_ros.commands import benchmark, compare, depth, models
    except ImportError as error:
        print(f'crestereo: {error}', file=sys.stderr)
        return 2
    signal.signal(signal.SIGINT, signal.default_int_handler)
    description = 'Stereo images to depth with CREStereo.'
    parser: argparse.ArgumentParser = OneLineParser('crestereo', description=description)
    commands = parser.add_subparsers(metavar='COMMAND', dest='command', required=True)
    depth.add_parser(commands)
    compare.add_parser(commands)
    models.add_parser(commands)
    benchmark.add_parser(commands)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except (CrestereoError, OSError) as error:
        print(f'crestereo {options.command}:', *str(error).splitlines(), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
