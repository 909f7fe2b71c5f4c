# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Exit codes of nodes as processes, however they end."""

from pathlib import Path
import signal
import subprocess
import sys

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')

ROOT = Path(__file__).parents[2]
TIMEOUT = 60

SCRIPT = """
import os, signal, sys, threading, time, weakref
from rclpy.node import Node
from crestereo_ros.errors import CrestereoError
from crestereo_ros.nodes.running import interruptible, run

class Interrupted(CrestereoError):
    def __str__(self):  # a signal comes while the error is logged
        os.kill(os.getpid(), signal.SIGINT)
        return super().__str__()

class Example(Node):
    def __init__(self):
        super().__init__('example')
        end = self.declare_parameter('end', '').value
        if end == 'fatal':
            context = self.context
            self.create_timer(1, self.tell)  # refers to the node, which refers to it
            weakref.finalize(self, lambda: print('freed', context.ok()))
            raise CrestereoError('cannot be: change it')
        if end == 'interrupted':
            raise Interrupted('cannot be: change it')
        self.create_timer(0.01, self.wait if end == 'waiting' else self.tell)
        if end in ('later', 'unexpected'):
            kind = CrestereoError if end == 'later' else ZeroDivisionError
            self.create_timer(0.1, lambda: self.fail(kind))
        if end == 'own':
            self.create_timer(0.1, self.context.try_shutdown)
        if end in ('busy', 'busy early'):
            threading.Thread(target=time.sleep, args=(1000,)).start()
        if end == 'busy early':
            print('spinning', flush=True)
            time.sleep(1000)

    def tell(self):
        print('spinning', flush=True)

    def wait(self):
        with interruptible():
            self.tell()
            time.sleep(1000)

    def fail(self, kind):
        raise kind('no longer: change it')

    def close(self):
        print('closed', len(self.executor.get_nodes()))

sys.exit(run(Example, Example.close))
"""


def start(ros_domain, *arguments):
    return subprocess.Popen(
        [sys.executable, '-c', SCRIPT, '--ros-args', *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('end', ['quiet', 'busy', 'busy early', 'waiting'])
def test_a_signal_ends_with_0_even_if_a_thread_keeps_running(ros_domain, end, number):
    process = start(ros_domain, '-p', f'end:={end}')
    assert process.stdout.readline() == 'spinning\n'
    process.send_signal(number)
    out, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0
    # The executor has released the node: otherwise the garbage collector would complain.
    assert out.endswith('closed 0\n') or end == 'busy early'  # there is no node to close yet
    assert err == ''


def test_a_node_that_shuts_down_its_context_ends_with_0(ros_domain):
    process = start(ros_domain, '-p', 'end:=own')
    out, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0
    assert out.endswith('closed 0\n')
    assert err == ''


@pytest.mark.parametrize(
    ('arguments', 'text'),
    [
        (['-p', 'end:=fatal'], 'cannot be: change it'),
        (['-p', 'end:=interrupted'], 'cannot be: change it'),
        (['-p', 'end:=later'], 'no longer: change it'),
        (['-p', 'end:=1'], "parameter 'end'"),
        (['--help'], "unknown arguments after --ros-args: ['--help']"),
        (['--params-file', '/no/such/file.yaml'], '/no/such/file.yaml'),
    ],
)
def test_an_error_ends_with_1_and_says_why_in_one_line(ros_domain, arguments, text):
    process = start(ros_domain, *arguments)
    _, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1
    (line,) = (line for line in err.splitlines() if '[FATAL]' in line)
    assert text in line
    assert 'Traceback' not in err


def test_a_node_that_cannot_be_made_goes_before_its_context(ros_domain):
    out, _ = start(ros_domain, '-p', 'end:=fatal').communicate(timeout=TIMEOUT)
    assert out == 'freed True\n'


def test_an_unexpected_error_closes_the_node_and_leaves_its_traceback(ros_domain):
    process = start(ros_domain, '-p', 'end:=unexpected')
    out, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1
    assert out.endswith('closed 0\n')
    assert err.startswith('Traceback') and 'ZeroDivisionError: no longer' in err
