# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs nodes and scripts as processes, and measures their use of processor and memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
import json
import os
from pathlib import Path
import random
import re
import socket
import subprocess
import time

from crestereo_ros.benchmarking.errors import BenchmarkError
from crestereo_ros.processes import code_command

PACKAGE_ROOT = Path(__file__).parents[2]
# The code of the console scripts, which may not be on the path.
NODE = 'from crestereo_ros.nodes import programs; sys.exit(programs.{program}())'
POLL = 0.1  # s
STOP_TIMEOUT = 10.0  # s
LOG_LINES = 15
LOG_PREFIX = re.compile(r'^\[\w+\] \[[\d.]+\] \[[^]]*\]: ')  # of a node's log


@dataclass(frozen=True)
class Usage:
    """Processor time, in seconds of one core, and memory of a process."""

    cpu_seconds: float
    memory_mb: float

    @classmethod
    def of(cls, pid: int) -> Usage:
        """Read the usage from /proc, see `man proc_pid_stat`."""
        # The name, in parentheses, may have spaces.
        fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
        ticks = int(fields[11]) + int(fields[12])
        pages = int(fields[21])
        return cls(ticks / os.sysconf('SC_CLK_TCK'), pages * os.sysconf('SC_PAGE_SIZE') / 1e6)


@dataclass
class RunningProcess:
    """A process and the file with its output."""

    name: str
    process: subprocess.Popen
    log: Path

    def last_lines(self) -> str:
        """Return the end of its output with a heading."""
        lines = self._lines()[-LOG_LINES:]
        return '\n'.join([f'{self.name}, last lines:', *(f'    {line}' for line in lines)])

    def check(self) -> None:
        """
        Check that the process is running or has ended without an error.

        :raises BenchmarkError: with the last line of its output, if it has failed
        """
        if self.process.poll():
            lines = self._lines() or ['no reason given']
            raise BenchmarkError(f'{self.name} ended: {LOG_PREFIX.sub("", lines[-1])}')

    def _lines(self) -> list[str]:
        lines = self.log.read_text(errors='replace').splitlines()
        return [line for line in lines if line.strip()]


def node_command(
    program: str, parameters: Mapping[str, object], remappings: Sequence[str] = ()
) -> list[str]:
    """
    Return the command that runs a node.

    :param program: a function of `nodes.programs`
    :param remappings: as FROM:=TO
    """
    # ROS reads parameters as YAML, and JSON is YAML: a file named 1 stays a string.
    settings = [f'{key}:={json.dumps(value)}' for key, value in parameters.items()]
    command = code_command(NODE.format(program=program), '--ros-args')
    command += [word for setting in settings for word in ('-p', setting)]
    return command + [word for remapping in remappings for word in ('-r', remapping)]


@contextmanager
def running(name: str, command: Sequence[str], logs: Path) -> Iterator[RunningProcess]:
    """
    Run a process during the block, with this package first on its path.

    :param name: the name in messages
    :param logs: the folder for its output
    """
    log = logs / f'{name}.out'
    path = os.pathsep.join(filter(None, (str(PACKAGE_ROOT), os.environ.get('PYTHONPATH'))))
    with log.open('wb') as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Unbuffered: otherwise printed lines would follow the reason of an error.
            env={**os.environ, 'PYTHONPATH': path, 'PYTHONUNBUFFERED': '1'},
        )
    try:
        yield RunningProcess(name, process, log)
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(awaited: RunningProcess, others: Sequence[RunningProcess] = ()) -> None:
    """
    Wait until a process ends without an error.

    :raises BenchmarkError: if it or one of the others fails
    """
    while awaited.process.poll() is None:
        for process in others:
            process.check()
        time.sleep(POLL)
    awaited.check()


def unused_domain() -> int:
    """
    Return a ROS domain whose discovery port is free on this machine.

    :raises BenchmarkError: if there is none from 1 to 101
    """
    for domain in random.sample(range(1, 102), 101):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(('', 7400 + 250 * domain))
            except OSError:
                continue
            return domain
    raise BenchmarkError('every ROS domain from 1 to 101 is in use on this machine')
