# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The measurement on a GPU, where there is none."""

from pathlib import Path
import subprocess
import sys

import pytest

from benchmarks.gpu import NO_GPU, why_no_gpu

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='module', autouse=True)
def without_gpu():
    if not why_no_gpu():
        pytest.skip('there is a GPU')


@pytest.mark.parametrize(
    'program',
    [('benchmarks.gpu',), ('pytest', '-q', '-m', 'gpu', 'test/providers/test_gpu.py')],
)
def test_it_is_said_in_one_line_and_by_the_exit_code(program):
    ended = subprocess.run(
        [sys.executable, '-m', *program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == NO_GPU
    told = [x for x in (ended.stdout + ended.stderr).splitlines() if 'No NVIDIA GPU' in x]
    assert len(told) == 1 and 'install onnxruntime-gpu' in told[0]
