# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The `crestereo` command."""

from __future__ import annotations

import argparse
from importlib import import_module
import os
import select
import signal
import sys
import threading
from typing import NoReturn

from crestereo_ros import __version__
from crestereo_ros.errors import CrestereoError

# A module of this room for each, whose `add_parser` adds it.
COMMANDS = {
    'depth': 'compute the disparity of a pair of images or of a stereo video',
    'batch': 'compute the depth of many sources, on all cores or a cluster',
    'compare': 'measure how far two disparities or two pictures differ',
    'models': 'list, fetch and import models',
    'offset': 'find by how much the disparities of a rig are too large, from walls',
    'benchmark': 'find the model, resolution and iterations that suit this machine',
}


class OneLineParser(argparse.ArgumentParser):
    """A parser that reports an error in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f'{self.prog}: {message} (see {self.prog} --help)\n')


def main(arguments: list[str] | None = None) -> int:
    """
    Run the command as the whole work of this process.

    :returns: see `run`, and 141 if what it prints is no longer read, as of a command that SIGPIPE
        ends; where threads are left, the process ends with that code instead
    """
    try:
        try:
            code = run(arguments)
        finally:
            print(end='', flush=True)
    except OSError as error:  # of what is printed: `run` reports all others
        # Python tries once more at its end, and would then print the error itself.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 128 + signal.SIGPIPE
        if not isinstance(error, BrokenPipeError):
            print(f'crestereo: {error}', file=sys.stderr)
            code = 2
    if threading.active_count() > 1:
        # The results of the threads are no longer needed, and native code in them may crash if
        # the interpreter shuts down while it is running.
        sys.stderr.flush()
        os._exit(code)
    return code


def run(arguments: list[str] | None) -> int:
    """
    Run the command.

    :param arguments: without the command's name; None: those of this process
    :returns: the exit code: 0 after success, 1 if a part of a batch failed, 2 after an error,
        whose reason is one line on stderr, 130 after SIGINT, 143 after SIGTERM
    :raises BrokenPipeError: if what it prints is no longer read, as after `| head -1`
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = OneLineParser('crestereo', description='Stereo images to depth with CREStereo.')
    parser.add_argument('--version', action='version', version=f'crestereo_ros {__version__}')
    commands = parser.add_subparsers(metavar='COMMAND', dest='command', required=True)
    chosen = next((each for each in arguments if not each.startswith('-')), '')
    for name, description in COMMANDS.items():
        if name != chosen:
            commands.add_parser(name, help=description)
    if chosen in COMMANDS and not add_command(chosen, commands):
        return 2
    if not arguments:
        parser.print_help()
        return 0
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        commands.choices[options.command].error(f'unrecognized arguments: {" ".join(unknown)}')
    try:
        return options.run(options) or 0
    except (CrestereoError, OSError) as error:
        if isinstance(error, BrokenPipeError) and output_is_unread():
            raise
        print(f'crestereo {options.command}:', *str(error).splitlines(), file=sys.stderr)
        return 2
    except KeyboardInterrupt as error:
        return 128 + next(iter(error.args), signal.SIGINT)


def output_is_unread() -> bool:
    """Return whether stdout is a pipe that nobody reads any more."""
    poll = select.poll()
    poll.register(1, 0)  # errors are told without being asked for
    return any(events & select.POLLERR for _, events in poll.poll(0))


def add_command(name: str, commands: argparse._SubParsersAction[OneLineParser]) -> bool:
    """Add the parser of a command; if a package is missing, say so and return False."""
    # Some libraries turn a KeyboardInterrupt during their import into another error.
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    try:
        # Imported here: the others need not be, and help and version need none of them.
        import_module(f'crestereo_ros.commands.{name}').add_parser(commands)
    except ImportError as error:
        print(f'crestereo: {error}', file=sys.stderr)
        return False
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return True


if __name__ == '__main__':
    sys.exit(main())
