# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The `crestereo` command."""

import argparse
import os
import signal
import sys
import threading

from crestereo_ros.errors import CrestereoError


class OneLineParser(argparse.ArgumentParser):
    """A parser whose errors are one line; the usage is for those who ask for it."""

    def error(self, message):
        self.exit(2, f'{self.prog}: {message} ({self.prog} --help says more)\n')


def main(arguments: list[str] | None = None) -> int:
    """
    Run the command and return its exit code.

    0: done. 2: not, for the reason on the one line on stderr. 130: interrupted.
    """
    code = run(arguments)
    if threading.active_count() > 1:
        # What the threads do is not wanted any more, and an interpreter that is torn down beneath
        # native code crashes.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def run(arguments: list[str] | None) -> int:
    # Some libraries turn a KeyboardInterrupt while they are imported into another error.
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    try:
        # Here, because a package that is missing is one of the reasons.
        from crestereo_ros.commands import depth, models
    except ImportError as error:
        print(f'crestereo: {error}', file=sys.stderr)
        return 2
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parser = OneLineParser('crestereo', description='Stereo images to depth with CREStereo.')
    commands = parser.add_subparsers(metavar='COMMAND', dest='command', required=True)
    depth.add_parser(commands)
    models.add_parser(commands)
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
