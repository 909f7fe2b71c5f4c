# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The description of the machine."""

import os

from crestereo_ros.benchmarking.machine import machine


def test_counts_the_available_cores():
    name, cores, python = machine().rsplit(', ', 2)
    assert name and python.startswith('Python 3.')
    assert cores == f'{len(os.sched_getaffinity(0))} cores'
