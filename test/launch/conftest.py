# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The installed package, and launches of it by the real launch library."""

from contextlib import contextmanager
from dataclasses import dataclass
import os
from pathlib import Path
import signal
import subprocess
import sys

import pytest

from crestereo_ros.benchmarking.processes import unused_domain

ROOT = Path(__file__).parents[2]
TIMEOUT = 120.0  # seconds; only reached by a failure
# What `ros2 launch` does with a file and its arguments.
LAUNCH = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource

_, path, *arguments = sys.argv
service = LaunchService(argv=arguments)
included = IncludeLaunchDescription(
    PythonLaunchDescriptionSource(path),
    launch_arguments=[argument.split(':=', 1) for argument in arguments],
)
service.include_launch_description(LaunchDescription([included]))
sys.exit(service.run())
"""


@pytest.fixture(scope='module')
def prefix(tmp_path_factory) -> Path:
    """Install the package as colcon does."""
    base = tmp_path_factory.mktemp('install')
    command = [sys.executable, 'setup.py', '-q', 'egg_info', '--egg-base', str(base)]
    command += ['build', '--build-base', str(base / 'build'), 'install', '--prefix', str(base)]
    command += ['--single-version-externally-managed', '--record', str(base / 'files')]
    subprocess.run(command, cwd=ROOT, check=True)
    return base


@dataclass
class Launch:
    """A launch that has ended: its exit code and what it printed."""

    code: int
    output: str

    @property
    def started(self) -> bool:
        """Whether it started a process."""
        return 'process started' in self.output

    def error(self) -> str:
        """Return what launch says of the one error it ended with."""
        (line,) = (x for x in self.output.splitlines() if '[ERROR] [launch]' in x)
        return line.partition('(see debug for traceback): ')[2]


@pytest.fixture
def run_launch(prefix, tmp_path):
    """Return a function that launches a file of the package and waits until that has ended."""
    pytest.importorskip('launch_ros', reason='needs launch_ros of a ROS distribution')
    (library,) = prefix.glob('lib/python*/site-packages')
    environment = {
        **os.environ,
        'AMENT_PREFIX_PATH': joined(tmp_path, prefix, os.environ.get('AMENT_PREFIX_PATH')),
        'PYTHONPATH': joined(library, *sys.path),
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
        'ROS_DOMAIN_ID': str(unused_domain()),
        'ROS_LOG_DIR': str(tmp_path / 'log'),
    }

    def run(name: str | Path, *arguments: str) -> Launch:
        path = prefix / f'share/crestereo_ros/launch/{name}.launch.py'
        if isinstance(name, Path):
            path = name
        with ended(
            subprocess.Popen(
                [sys.executable, '-c', LAUNCH, path, *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env=environment,
                start_new_session=True,
            )
        ) as process:
            output, _ = process.communicate(timeout=TIMEOUT)
            with pytest.raises(ProcessLookupError):  # nothing of its session is left behind
                os.killpg(process.pid, 0)
        return Launch(process.returncode, output)

    return run


@contextmanager
def ended(process: subprocess.Popen):
    try:
        yield process
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def joined(*paths: str | Path | None) -> str:
    return os.pathsep.join(str(path) for path in paths if path)
