# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Processes to measure."""

import os
import sys

import pytest

from crestereo_ros.benchmarking.errors import BenchmarkError
from crestereo_ros.benchmarking.processes import node_command, running, Usage, wait_for


def test_usage_grows_with_the_work():
    before = Usage.of(os.getpid())
    memory = bytearray(os.urandom(1) * 100_000_000)
    for _ in range(20):
        sorted(memory[:200_000])
    after = Usage.of(os.getpid())
    assert after.cpu_seconds > before.cpu_seconds
    assert after.memory_mb - before.memory_mb > 50


def test_reports_a_failed_process_with_its_last_line(tmp_path):
    script = 'import sys; print("first"); sys.exit("the reason")'
    with (
        running('sleeper', [sys.executable, '-c', 'import time; time.sleep(60)'], tmp_path) as one,
        running('failing', [sys.executable, '-c', script], tmp_path) as other,
    ):
        with pytest.raises(BenchmarkError, match='^failing ended: the reason$'):
            wait_for(one, [other])
        with pytest.raises(BenchmarkError, match='^failing ended: the reason$'):
            wait_for(other)
    assert one.process.poll() is not None


def test_processes_import_this_package(tmp_path):
    script = 'import crestereo_ros; print(crestereo_ros.__file__)'
    with running('importing', [sys.executable, '-c', script], tmp_path) as process:
        wait_for(process)
    import crestereo_ros

    assert process.log.read_text().strip() == crestereo_ros.__file__


def test_parameters_of_a_node_keep_their_types():
    command = node_command('stereo_player', {'source': '1', 'loop': True, 'rate': 2.0}, ['a:=b'])
    assert command[3:] == [
        '--ros-args',
        *('-p', 'source:="1"', '-p', 'loop:=true', '-p', 'rate:=2.0'),
        *('-r', 'a:=b'),
    ]
