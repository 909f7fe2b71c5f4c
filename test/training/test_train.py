# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Training: it learns, and an interrupted run continues where it stopped."""

from functools import cache
from itertools import islice
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from training.network import FAST
from training.scenes.stream import SceneStream
from training.train import Diverged, learning_rate, MAX_SKIPPED, Trainer

ROOT = Path(__file__).parents[2]


@cache
def rendered():
    """Return a few small batches. They are rendered once, since a stream is slow to start."""
    return list(islice(DataLoader(SceneStream(64, 96, solid=0.0), 2), 4))


def batches(count):
    """Return some of these batches."""
    return rendered()[:count]


def test_learns():
    """Ninety steps on one batch halve the error of one pass, the only pass at its size."""
    (batch,) = batches(1)
    left, right, truth = batch
    trainer = Trainer(FAST)

    @torch.no_grad()
    def error():
        disparity = trainer.network(left, right, 2, 4).disparity
        return (disparity - truth)[:, 0].abs().mean()

    before = error()
    for _ in range(90):
        trainer.train(batch, 1e-3)
    assert error() < 0.5 * before


def test_training_in_bfloat16_is_nearly_the_same():
    """The losses of one step and of the next differ by less than a tenth, but they differ."""
    losses = []
    for bf16 in False, True:
        trainer = Trainer(FAST, bf16=bf16)
        losses.append([trainer.train(batch, 1e-3)[0] for batch in batches(2)])
    assert losses[0] != losses[1]
    np.testing.assert_allclose(*losses, rtol=0.1)


def test_an_interrupted_run_continues_as_if_uninterrupted(tmp_path):
    """Two steps, a checkpoint and two more steps equal four steps in one run."""
    data = batches(4)
    whole = Trainer()
    for batch in data:
        whole.train(batch, 1e-4)
    first = Trainer()
    for batch in data[:2]:
        first.train(batch, 1e-4)
    first.save(tmp_path / 'runs' / 'checkpoint.pt')
    second = Trainer(seed=1)
    second.load(tmp_path / 'runs' / 'checkpoint.pt')
    for batch in data[2:]:
        second.train(batch, 1e-4)
    assert second.step == whole.step == 4
    for name, value in whole.average.state_dict().items():
        torch.testing.assert_close(second.average.state_dict()[name], value, rtol=1e-3, atol=5e-5)


def test_loads_checkpoints_without_row_search_and_error_head(tmp_path):
    """Only the new parts keep their initial weights; a lack of other parts is an error."""
    before = Trainer(seed=1)
    before.train(*batches(1), 1e-4)
    before.save(tmp_path / 'checkpoint.pt')
    state = torch.load(tmp_path / 'checkpoint.pt', weights_only=True)
    for name in list(state['network']):
        if name.startswith(('row_search.', 'error_head.')):
            del state['network'][name], state['average'][name]
    torch.save(state, tmp_path / 'older.pt')

    after = Trainer(seed=2)
    after.load(tmp_path / 'older.pt')

    assert after.step == 1
    for name, value in state['average'].items():
        torch.testing.assert_close(after.average.state_dict()[name], value)
    after.train(*batches(1), 1e-4)  # with its own optimizer
    del state['network']['fnet.conv1.bias']
    torch.save(state, tmp_path / 'broken.pt')
    with pytest.raises(RuntimeError, match='fnet.conv1.bias'):
        after.load(tmp_path / 'broken.pt')


def test_the_error_head_does_not_disturb_the_rest():
    """If its loss is ten times as large, the other parameters take the same step."""
    (batch,) = batches(1)
    ends = []
    for factor in 1.0, 10.0:
        trainer = Trainer()
        with torch.no_grad():
            trainer.network.error_head.conv2.bias.fill_(-factor)
        trainer.train(batch, 1e-4)
        ends.append(trainer.network.state_dict())
    for name, value in ends[0].items():
        assert name.startswith('error_head.') or torch.equal(value, ends[1][name]), name


def test_learns_from_videos():
    """Some steps on one batch halve the error of the frame that has a start."""
    left, right, truth = (torch.stack(x, dim=1) for x in zip(*batches(2), strict=True))
    trainer = Trainer(FAST)
    errors = [trainer.train((left, right, truth), 2e-3)[2] for _ in range(40)]
    assert trainer.step == 40
    assert np.mean(errors[-8:]) < 0.5 * np.mean(errors[:8])


def test_processes_train_one_network(tmp_path):
    """Two processes continue from a checkpoint and share the steps of the run."""
    checkpoint = tmp_path / 'checkpoint.pt'
    start = Trainer()
    start.train(*batches(1), 1e-4)
    start.save(checkpoint)
    log = tmp_path / 'log.txt'
    options = '--steps 8 --pixels 6144 --sizes 64x96 --solid 0 --processes 2'.split()
    options += ['--checkpoint', checkpoint, '--log', log]
    subprocess.run([sys.executable, '-m', 'training.train', *options], cwd=ROOT, check=True)
    end = Trainer()
    end.load(checkpoint)
    assert end.step in (9, 10)  # both may be in their last step
    steps = {int(state['step']) for state in end.optimizer.state.values()}
    assert max(steps) == end.step  # fewer for parts that not every batch uses
    for before, after in zip(start.network.parameters(), end.network.parameters(), strict=True):
        assert not torch.equal(before, after)
    first, last = log.read_text().splitlines()
    assert 'from step 1' in first and f'ended at step {end.step}' in last


def test_a_gradient_that_is_not_finite_is_skipped(tmp_path):
    """Such a step changes nothing; too many in a row end the training with an error."""
    trainer = Trainer(FAST)
    trainer.train(*batches(1), 1e-4)
    before = {name: x.clone() for name, x in trainer.network.state_dict().items()}
    for bad in float('nan'), float('inf'):
        loss = sum(parameter.sum() for parameter in trainer.network.parameters())
        trainer.descend(loss * bad, 1e-4)
    assert trainer.step == 1
    for name, value in trainer.network.state_dict().items():
        assert torch.equal(value, before[name])
        assert torch.isfinite(trainer.average.state_dict()[name]).all()
    with pytest.raises(Diverged, match='--rate'):
        for _ in range(MAX_SKIPPED):
            trainer.descend(next(trainer.network.parameters()).sum() * float('nan'), 1e-4)


def test_weights_that_are_not_finite_do_not_replace_a_checkpoint(tmp_path):
    trainer = Trainer(FAST)
    trainer.save(tmp_path / 'checkpoint.pt')
    kept = (tmp_path / 'checkpoint.pt').read_bytes()
    with torch.no_grad():
        trainer.average.fnet.conv1.bias[0] = float('nan')
    with pytest.raises(Diverged, match=r'fnet\.conv1\.bias'):
        trainer.save(tmp_path / 'checkpoint.pt')
    assert (tmp_path / 'checkpoint.pt').read_bytes() == kept


def test_a_helper_that_dies_ends_the_run(tmp_path):
    """The run does not silently continue with fewer processes than requested."""
    log = tmp_path / 'log.txt'
    options = '--minutes 10 --pixels 6144 --sizes 64x96 --solid 0 --processes 2'.split()
    options += ['--checkpoint', tmp_path / 'checkpoint.pt', '--log', log]
    command = [sys.executable, '-m', 'training.train', *options]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as running:
        children = Path(f'/proc/{running.pid}/task/{running.pid}/children')
        while not children.read_text():
            time.sleep(0.1)
        os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
        _, errors = running.communicate()
    assert running.returncode == 1
    assert 'SIGKILL' in errors


def test_learning_rate_rises_stays_and_falls():
    """The rate starts low, has a plateau, and ends at a hundredth of the peak."""
    rates = [learning_rate(step, step / 1000, 1.0) for step in range(1000)]
    assert rates[0] <= 0.01
    assert rates[300] == rates[600] == 1.0
    assert 0 < rates[-1] <= 0.011
