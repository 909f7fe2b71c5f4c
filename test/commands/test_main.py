# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The `crestereo` command itself."""

from importlib.metadata import version
import os
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--verbose'], 'crestereo: the following arguments are required: COMMAND'),
        (['deep'], "crestereo: argument COMMAND: invalid choice: 'deep'"),
        (['depth'], 'crestereo depth: the following arguments are required: SOURCE'),
        (['depth', 'a', 'b', '--iterations', 'x'], 'argument --iterations: invalid int value'),
        (['depth', 'a', '--swap', 'maybe'], "--swap: invalid choice: 'maybe'"),
        (
            ['depth', 'a', 'b', '--colour', 'x'],
            'crestereo depth: unrecognized arguments: --colour x',
        ),
    ],
)
def test_wrong_arguments_end_with_one_line_and_code_2(crestereo, arguments, message):
    ended = crestereo(*arguments)
    assert ended.returncode == 2
    assert ended.stdout == ''
    (line,) = ended.stderr.splitlines()
    assert message in line and '--help' in line


@pytest.mark.parametrize('arguments', [[], ['--help'], ['depth', '--help']])
def test_help_is_printed(crestereo, arguments):
    ended = crestereo(*arguments)
    assert (ended.returncode, ended.stderr) == (0, '')
    assert 'depth' in ended.stdout


def test_the_version_is_that_of_the_package(crestereo):
    ended = crestereo('--version')
    assert (ended.returncode, ended.stdout) == (0, f'crestereo_ros {version("crestereo_ros")}\n')


def test_help_and_version_need_no_large_package(python):
    ended = python(
        '-c',
        """
import sys
for name in 'cv2', 'numpy', 'onnxruntime':
    sys.modules[name] = None  # now it cannot be imported
from crestereo_ros.commands.main import main
sys.exit(main(['--help']))
""",
    )
    assert ended.returncode == 0, ended.stderr


def test_missing_package_ends_with_one_line_and_code_2(python):
    ended = python(
        '-c',
        'import sys; sys.modules["onnxruntime"] = None; '  # now it cannot be imported
        'from crestereo_ros.commands.main import main; sys.exit(main(["depth", "a", "b"]))',
    )
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith('crestereo: ') and 'onnxruntime' in line


def test_interrupt_during_imports_ends_with_130_and_no_output(python):
    ended = python(
        '-c',
        """
import os, signal, sys
from crestereo_ros.commands.main import main
class Interruption:
    def find_spec(self, name, *_):
        if name == 'numpy':
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interruption())
sys.exit(main(['models', 'list']))
""",
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, '', '')


def test_no_ros_is_imported(python):
    ended = python(
        '-c',
        'import sys; from crestereo_ros.commands import depth; '
        'print(*{name.split(".")[0] for name in sys.modules})',
    )
    assert 'cv2' in ended.stdout.split()
    assert not {'rclpy', 'sensor_msgs', 'std_msgs'} & set(ended.stdout.split())


@pytest.mark.parametrize(
    'error',
    [
        'CrestereoError("no\\nway")',
        'PermissionError(13, "no way")',
        'OSError("no way")',
        'BrokenPipeError(32, "no way")',
    ],
)
def test_expected_errors_end_with_one_line_and_code_2(python, error):
    ended = python(
        '-c',
        f"""
import sys
from crestereo_ros.commands import models
from crestereo_ros.commands.main import main
from crestereo_ros.errors import CrestereoError
def fail(options):
    raise {error}
models.list_models = fail
sys.exit(main(['models', 'list']))
""",
    )
    assert (ended.returncode, ended.stdout) == (2, '')
    (line,) = ended.stderr.splitlines()
    assert line.startswith('crestereo models: ') and 'no way' in line


@pytest.mark.parametrize(
    ('arguments', 'unbuffered'),
    [(['models', 'list'], ''), (['models', 'list'], '1'), (['-h'], '')],
)
def test_ends_quietly_when_nobody_reads_what_it_prints(crestereo, arguments, unbuffered):
    """As `| head -1` has what follows the first line unread: with the code that SIGPIPE gives."""
    reading, writing = os.pipe()
    os.close(reading)
    ended = crestereo(*arguments, stdout=writing, PYTHONUNBUFFERED=unbuffered)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, '')


def test_output_that_cannot_be_written_ends_with_one_line_and_code_2(crestereo):
    with Path('/dev/full').open('w') as full:
        ended = crestereo('models', 'list', stdout=full, PYTHONUNBUFFERED='')
    assert ended.returncode == 2
    assert ended.stderr == 'crestereo: [Errno 28] No space left on device\n'
