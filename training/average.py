# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Average the weights of checkpoints that were trained from the same checkpoint.

    python -m training.average one.pt another.pt --output both.pt

The mean is often better than each of them and takes no more time to run (Wortsman et al., "Model
soups", 2022). Training can continue from it, with the optimizer's state of the first checkpoint.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch


def average(states: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """
    Return the mean of checkpoints.

    :param states: as `Trainer.save` writes them, of one kind of network
    :returns: a state in which the network and its running average are the mean of the running
        averages, and the step is the largest of all
    :raises ValueError: if the names or shapes of the weights differ
    """
    shapes = [{name: x.shape for name, x in state['average'].items()} for state in states]
    if any(each != shapes[0] for each in shapes):
        raise ValueError('the checkpoints belong to networks of different widths or parts')
    mean = {
        name: torch.stack([state['average'][name] for state in states]).mean(dim=0)
        for name in shapes[0]
    }
    step = max(state['step'] for state in states)
    copy = {name: x.clone() for name, x in mean.items()}
    return {**states[0], 'network': mean, 'average': copy, 'step': step}


def main() -> None:
    """Write the mean of the given checkpoints."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('checkpoints', type=Path, nargs='+')
    parser.add_argument('--output', type=Path, required=True)
    arguments = parser.parse_args()
    states = [
        torch.load(path, map_location='cpu', weights_only=True) for path in arguments.checkpoints
    ]
    torch.save(average(states), arguments.output)


if __name__ == '__main__':
    main()
