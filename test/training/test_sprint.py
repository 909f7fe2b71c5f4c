# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Rendering and training at the same time."""

from pathlib import Path
import subprocess
import sys
import time

import pytest
import torch

from training import sprint
from training.network import FAST
from training.scenes.three_d.renderer import NoDisplay, Renderer
from training.sprint import wait_for_pairs
from training.train import Trainer

ROOT = Path(__file__).parents[2]


def test_renders_trains_and_ends_by_itself(tmp_path):
    """In less than a minute, the checkpoint has more steps and the pool is deleted."""
    try:
        Renderer(16, 16)
    except NoDisplay as error:
        pytest.skip(str(error))
    before = Trainer(FAST)
    before.save(tmp_path / 'start.pt')
    options = '--device cpu --minutes 0.75 --widths fast --processes 1'.split()
    options += '--pairs 8 --pixels 61440'.split()
    options += ['--checkpoint', tmp_path / 'start.pt', '--output', tmp_path / 'out']
    result = subprocess.run(
        [sys.executable, '-m', 'training.sprint', *options],
        cwd=ROOT,
        env={'TMPDIR': str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    after = Trainer(FAST)
    after.load(tmp_path / 'out' / 'fast.pt')
    assert after.step > 0
    for name, value in before.network.state_dict().items():
        assert name.startswith('error_head') or not torch.equal(
            after.network.state_dict()[name], value
        )
    assert not list(tmp_path.glob('pool_*'))


def test_the_wait_ends_if_rendering_fails(tmp_path):
    with subprocess.Popen([sys.executable, '-c', 'raise SystemExit(3)']) as rendering:
        with pytest.raises(SystemExit, match='rendering has ended'):
            wait_for_pairs(tmp_path, 1, rendering, time.monotonic() + 60)


def test_the_wait_ends_with_the_time(tmp_path, monkeypatch):
    monkeypatch.setattr(sprint, 'POLL', 0)
    with subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE) as rendering:
        with pytest.raises(SystemExit, match='--minutes'):
            wait_for_pairs(tmp_path, 1, rendering, time.monotonic() - 1)
        rendering.communicate()
