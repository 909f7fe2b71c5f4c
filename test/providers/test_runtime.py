# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime sends nothing to its vendor."""

import os
import re
import shutil
import subprocess
import sys

import pytest

MATCH = """
import time
import numpy as np
from crestereo_ros.matching import StereoMatcher

blank = np.zeros((32, 48), np.uint8)
StereoMatcher({model!r}, provider='cpu').match(blank, blank, 1, (32, 48))
time.sleep(1)  # ONNX Runtime sends from a thread
"""


@pytest.fixture
def environment(tmp_path):
    """Return an environment with a separate home and no settings of ours."""
    environment = {**os.environ, 'HOME': str(tmp_path)}
    for name in 'XDG_CACHE_HOME', 'ORT_DISABLE_TELEMETRY':
        environment.pop(name, None)
    return environment


def test_a_match_uses_no_network_and_leaves_no_telemetry(small_model, environment, tmp_path):
    command = [sys.executable, '-c', MATCH.format(model=str(small_model))]
    trace = tmp_path / 'trace'
    if shutil.which('strace'):  # otherwise only the files show it
        command = ['strace', '-f', '-e', 'trace=connect,sendto', '-o', str(trace), *command]
    subprocess.run(command, env=environment, check=True)
    files = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob('*')]
    assert not [path for path in files if 'microsoft' in path.lower()]
    calls = trace.read_text() if trace.exists() else ''
    assert not re.findall(r'^.*AF_INET.*$', calls, re.M)


@pytest.mark.parametrize(('given', 'used'), [(None, '1'), ('0', '0')])
def test_keeps_what_the_user_has_set(environment, given, used):
    if given is not None:
        environment['ORT_DISABLE_TELEMETRY'] = given
    program = "import os, crestereo_ros; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    command = [sys.executable, '-c', program]
    ended = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert ended.stdout.strip() == used
