# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Nothing grows while the depth node runs at full rate with all outputs subscribed."""

from pathlib import Path
import re
import subprocess
import sys

import pytest

pytest.importorskip('rclpy', reason='needs ROS 2')
pytest.importorskip('psutil', reason='needs the extra test')

from benchmarks.soak import print_slopes, Sample  # noqa: E402

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ('grown', 'reported'),
    [
        ({}, []),
        ({'memory': 320.0, 'latency': 250.0}, []),
        ({'memory': 360.0}, ['Memory']),
        ({'latency': 700.0}, ['Latency']),
        ({'threads': 26, 'descriptors': 22}, ['Threads', 'Descriptors']),
    ],
)
def test_reports_what_grows_with_its_slope(grown, reported, capsys):
    flat = Sample(0.0, memory=310.0, latency=200.0, threads=25, descriptors=21)
    samples = [flat._replace(seconds=float(n)) for n in range(15)]
    samples += [x._replace(seconds=x.seconds + 15, **grown) for x in samples]
    assert print_slopes(samples) == reported
    rows = capsys.readouterr().out.splitlines()
    assert sum(' +' in row for row in rows) >= len(reported)


@pytest.mark.soak
def test_nothing_grows_in_a_short_soak():
    command = [sys.executable, '-m', 'benchmarks.soak', '--minutes', '1']
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for name in ('Memory', 'Latency', 'Threads', 'Descriptors'):
        slope = re.search(rf'^\| {name} \| .* \| .* \| ([+-][0-9.]+) .*\|$', ended.stdout, re.M)
        assert slope, ended.stdout
