# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The GPU benchmark without a GPU."""

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
def test_says_so_in_one_line_and_by_the_exit_code(program):
    ended = subprocess.run(
        [sys.executable, '-m', *program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == NO_GPU
    lines = (ended.stdout + ended.stderr).splitlines()
    (line,) = [x for x in lines if 'No usable NVIDIA GPU' in x]
    assert 'install onnxruntime-gpu' in line
