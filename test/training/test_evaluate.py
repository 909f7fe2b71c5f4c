# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The network that is measured."""

import pytest
import torch

from training.evaluate import trained_network
from training.train import NEW_PARTS, Trainer


@pytest.mark.parametrize('older', [False, True])
def test_has_the_parts_of_its_checkpoint(tmp_path, older):
    """Older checkpoints have neither row search nor error head, and begin at zero."""
    trainer = Trainer()
    trainer.save(tmp_path / 'checkpoint.pt')
    state = torch.load(tmp_path / 'checkpoint.pt', weights_only=True)
    if older:
        state['average'] = {
            name: value
            for name, value in state['average'].items()
            if not name.startswith(NEW_PARTS)
        }
    torch.save(state, tmp_path / 'checkpoint.pt')

    network = trained_network(tmp_path / 'checkpoint.pt')

    pair = torch.rand(2, 1, 3, 32, 48) * 255
    with torch.no_grad():
        estimate = network(*pair, 1, 1)
        expected = trainer.average(*pair, 1, 1)
    assert (estimate.row_scores is None) == (estimate.log_errors is None) == older
    assert torch.equal(estimate.disparity, expected.disparity) != older
