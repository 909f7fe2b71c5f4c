# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Training: it learns, and a run that was cut goes on where it stopped."""

from itertools import islice
from pathlib import Path
import subprocess
import sys

import torch
from torch.utils.data import DataLoader

from training.scenes.stream import SceneStream
from training.train import learning_rate, Trainer

ROOT = Path(__file__).parents[2]


def batches(count):
    """Return a few small batches."""
    return list(islice(DataLoader(SceneStream(64, 96), 2), count))


def test_learns():
    """Thirty steps on one batch halve its loss."""
    torch.set_num_threads(1)
    trainer = Trainer()
    (batch,) = batches(1)
    losses = [trainer.train(batch, 1e-3)[0] for _ in range(30)]
    assert min(losses[-3:]) < 0.5 * losses[0]


def test_goes_on_from_a_checkpoint_as_if_never_cut(tmp_path):
    """Two steps, a checkpoint and two more equal four steps in one go."""
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
        torch.testing.assert_close(second.average.state_dict()[name], value, rtol=1e-4, atol=1e-6)


def test_processes_train_one_network(tmp_path):
    """Two processes go on from a checkpoint and take the steps up to the last between them."""
    checkpoint = tmp_path / 'checkpoint.pt'
    start = Trainer()
    start.train(*batches(1), 1e-4)
    start.save(checkpoint)
    options = '--steps 9 --batch 1 --size 64 96 --processes 2 --checkpoint'.split()
    subprocess.run(
        [sys.executable, '-m', 'training.train', *options, checkpoint], cwd=ROOT, check=True
    )
    end = Trainer()
    end.load(checkpoint)
    assert end.step in (9, 10)  # both may be in their last one
    steps = {int(state['step']) for state in end.optimizer.state.values()}
    assert steps == {end.step}
    for before, after in zip(start.network.parameters(), end.network.parameters(), strict=True):
        assert not torch.equal(before, after)


def test_rate_rises_stays_and_falls():
    """The rate starts low, has a plateau, and ends at a hundredth of the peak."""
    rates = [learning_rate(step, 1000, 1.0) for step in range(1000)]
    assert rates[0] < 0.01
    assert rates[300] == rates[600] == 1.0
    assert 0 < rates[-1] <= 0.011
