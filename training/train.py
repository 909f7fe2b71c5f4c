# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Train the network on rendered scenes; goes on from the newest checkpoint by itself.

    python -m training.train --steps 8000

Ends at the given number of steps, counted from the very first. Run it again with a larger
number to train further.
"""

import argparse
from copy import deepcopy
import os
from pathlib import Path
import time

import numpy as np
import torch
from torch.utils.data import DataLoader

from training.loss import sequence_loss
from training.network import CREStereo
from training.network.inference import half_size
from training.scenes.stream import SceneStream

CHECKPOINT = Path(__file__).parent / 'checkpoints' / 'compact.pt'
CHECKPOINT_SECONDS = 150
WARM_UP_STEPS = 200
COOL_DOWN = 0.35
AVERAGING = 0.998


def learning_rate(step, steps, peak):
    """Return the rate: a short rise, a plateau at `peak`, and a line down to nearly nothing."""
    rise = min(1.0, (step + 1) / WARM_UP_STEPS)
    fall = min(1.0, (steps - step) / (COOL_DOWN * steps))
    return peak * rise * max(fall, 0.01)


class Trainer:
    """Network, its running average, optimizer and step: all that a checkpoint holds."""

    def __init__(self, seed=2026):
        torch.manual_seed(seed)
        self.network = CREStereo()
        self.average = deepcopy(self.network).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), weight_decay=1e-5)
        self.step = 0

    def load(self, path):
        """Take up where a checkpoint left off."""
        state = torch.load(path, weights_only=True)
        self.network.load_state_dict(state['network'])
        self.average.load_state_dict(state['average'])
        self.optimizer.load_state_dict(state['optimizer'])
        self.step = state['step']

    def save(self, path):
        """Write a checkpoint; a crash midway leaves the one before."""
        path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            'network': self.network.state_dict(),
            'average': self.average.state_dict(),
            'optimizer': self.optimizer.state_dict(),
            'step': self.step,
        }
        partial = path.with_suffix('.partial')
        torch.save(state, partial)
        os.replace(partial, path)

    def train(self, batch, rate):
        """
        Take one step on a batch (left, right, truth); return the loss and the last EPE.

        Both passes are trained, each on its own size, as they are used afterwards.
        """
        left, right, truth = batch
        rng = np.random.default_rng((self.step, 7))
        coarse = int(rng.choice([2, 3], p=[0.7, 0.3]))
        fine = rng.choice([3, 4, 5, 6, 10], size=2, p=[0.3, 0.3, 0.2, 0.1, 0.1]).tolist()
        first = self.network(half_size(left), half_size(right), coarse, fine[0])
        predictions = self.network(left, right, 0, fine[1], first[-1].detach())
        half_truth = 0.5 * truth[:, :, ::2, ::2]
        loss = sequence_loss(first, half_truth) + sequence_loss(predictions, truth)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for group in self.optimizer.param_groups:
            group['lr'] = rate
        self.optimizer.step()
        self.step += 1
        keep = min(AVERAGING, self.step / (self.step + 10))
        for mean, value in zip(self.average.parameters(), self.network.parameters(), strict=True):
            mean.lerp_(value.detach(), 1 - keep)
        error = (predictions[-1][:, 0] - truth[:, 0]).detach().abs().mean()
        return loss.item(), error.item()


def main():
    """Train until the given step."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--steps', type=int, default=8000, help='steps from the very first')
    parser.add_argument('--rate', type=float, default=6e-4, help='peak learning rate')
    parser.add_argument('--batch', type=int, default=2)
    parser.add_argument('--size', type=int, nargs=2, default=(192, 320), help='height width')
    parser.add_argument('--checkpoint', type=Path, default=CHECKPOINT)
    arguments = parser.parse_args()

    # A second thread waits for whatever else the machine does; subnormals cost ten times as much.
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    trainer = Trainer()
    if arguments.checkpoint.exists():
        trainer.load(arguments.checkpoint)
    stream = SceneStream(*arguments.size, first=trainer.step * arguments.batch)
    batches = DataLoader(stream, arguments.batch, num_workers=1, prefetch_factor=8)
    print(f'from step {trainer.step} to {arguments.steps}', flush=True)

    saved = told = time.monotonic()
    recent = []
    for batch in batches:
        if trainer.step >= arguments.steps:
            break
        rate = learning_rate(trainer.step, arguments.steps, arguments.rate)
        recent.append(trainer.train(batch, rate))
        if trainer.step % 50 == 0:
            loss, error = np.mean(recent, axis=0)
            seconds = (time.monotonic() - told) / len(recent)
            print(
                f'step {trainer.step}  loss {loss:.3f}  EPE {error:.3f} px  rate {rate:.1e}  '
                f'{seconds:.2f} s',
                flush=True,
            )
            recent, told = [], time.monotonic()
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            trainer.save(arguments.checkpoint)
            saved = time.monotonic()
    trainer.save(arguments.checkpoint)


if __name__ == '__main__':
    main()
