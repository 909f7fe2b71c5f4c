# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The mean of checkpoints."""

import pytest
import torch

from training.average import average, main
from training.network import COMPACT, FAST
from training.train import Trainer


def saved(path, seed, step, widths=FAST):
    """Write a checkpoint of an untrained network and return its state."""
    trainer = Trainer(widths, seed=seed)
    trainer._step.fill_(step)
    trainer.save(path)
    return torch.load(path, weights_only=True)


def test_training_continues_from_the_mean(tmp_path, monkeypatch):
    """Both networks of the trainer equal the mean of the running averages."""
    one, other = saved(tmp_path / '1.pt', 1, 7), saved(tmp_path / '2.pt', 2, 5)
    command = ['average', *(str(tmp_path / name) for name in ('1.pt', '2.pt'))]
    monkeypatch.setattr('sys.argv', [*command, '--output', str(tmp_path / 'mean.pt')])
    main()

    trainer = Trainer(FAST, seed=3)
    trainer.load(tmp_path / 'mean.pt')

    assert trainer.step == 7
    for network in trainer.network, trainer.average:
        for name, value in network.state_dict().items():
            expected = (one['average'][name] + other['average'][name]) / 2
            torch.testing.assert_close(value, expected)


def test_refuses_networks_of_different_widths(tmp_path):
    states = [saved(tmp_path / '1.pt', 1, 0), saved(tmp_path / '2.pt', 1, 0, COMPACT)]
    with pytest.raises(ValueError, match='different widths'):
        average(states)
