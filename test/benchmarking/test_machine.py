# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the machine is called."""

import os

from crestereo_ros.benchmarking.machine import machine


def test_names_the_cores_that_may_be_used():
    name, cores, python = machine().rsplit(', ', 2)
    assert name and python.startswith('Python 3.')
    assert cores == f'{len(os.sched_getaffinity(0))} cores'
