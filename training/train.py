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
COOL_DOWN = 0.2
SCENES_OF_A_PROCESS = 10**8
AVERAGING = 0.998


def learning_rate(step, steps, peak):
    """Return the rate: a short rise, a plateau at `peak`, and a line down to nearly nothing."""
    rise = min(1.0, (step + 1) / WARM_UP_STEPS)
    fall = min(1.0, (steps - step) / (COOL_DOWN * steps))
    return peak * rise * max(fall, 0.01)


class Trainer:
    """
    Network, its running average, optimizer and step: all that a checkpoint holds.

    Once shared, several processes train it at the same time without waiting for each other, as
    in Hogwild (Niu et al., 2011): a gradient may be one step late.
    """

    def __init__(self, seed=2026):
        torch.manual_seed(seed)
        self.network = CREStereo()
        self.average = deepcopy(self.network).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), weight_decay=1e-5)
        self._step = torch.zeros((), dtype=torch.int64)
        self._lock = torch.multiprocessing.get_context('fork').Lock()

    @property
    def step(self):
        """Steps taken so far, by all processes."""
        return int(self._step)

    def share(self):
        """Move everything to shared memory; processes forked afterwards train the same network."""
        if not self.optimizer.state:
            # The optimizer makes its state in its first step; with zeros that changes nothing.
            for parameter in self.network.parameters():
                parameter.grad = torch.zeros_like(parameter)
            self.optimizer.step()
        self.network.share_memory()
        self.average.share_memory()
        self._step.share_memory_()
        for state in self.optimizer.state.values():
            for tensor in state.values():
                tensor.share_memory_()

    def load(self, path):
        """Take up where a checkpoint left off."""
        state = torch.load(path, weights_only=True)
        self.network.load_state_dict(state['network'])
        self.average.load_state_dict(state['average'])
        self.optimizer.load_state_dict(state['optimizer'])
        self._step.fill_(state['step'])

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
        with self._lock:
            torch.save(state, partial)
        os.replace(partial, path)

    def train(self, batch, rate):
        """
        Take one step on a batch (left, right, truth); return the loss and the last EPE.

        Both passes are trained, each on its own size, as they are used afterwards.
        """
        left, right, truth = batch
        rng = np.random.default_rng(self.step)
        coarse = int(rng.choice([2, 3, 5], p=[0.6, 0.3, 0.1]))
        taught = rng.choice([3, 4, 5, 6], size=2, p=[0.3, 0.4, 0.2, 0.1]).tolist()
        before = rng.choice([0, 4, 12, 26], size=2, p=[0.6, 0.15, 0.15, 0.1]).tolist()
        fine = [a + b for a, b in zip(taught, before, strict=True)]
        first = self.network(
            half_size(left), half_size(right), coarse, fine[0], untaught=before[0]
        )
        predictions = self.network(left, right, 0, fine[1], first[-1].detach(), untaught=before[1])
        half_truth = 0.5 * truth[:, :, ::2, ::2]
        loss = sequence_loss(first, half_truth) + sequence_loss(predictions, truth)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for group in self.optimizer.param_groups:
            group['lr'] = rate
        with self._lock:
            self.optimizer.step()
            self._step += 1
            keep = min(AVERAGING, self.step / (self.step + 10))
            means, values = self.average.parameters(), self.network.parameters()
            for mean, value in zip(means, values, strict=True):
                mean.lerp_(value.detach(), 1 - keep)
        error = (predictions[-1][:, 0] - truth[:, 0]).detach().abs().mean()
        return loss.item(), error.item()


def work(trainer, stream, arguments, chief):
    """Train until the last step; the chief tells how it goes and keeps the checkpoint."""
    # More threads wait for whatever else the machine does; subnormals cost ten times as much.
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    batches = DataLoader(stream, arguments.batch)
    saved = told = time.monotonic()
    recent = []
    for batch in batches:
        if trainer.step >= arguments.steps:
            break
        rate = learning_rate(trainer.step, arguments.steps, arguments.rate)
        recent.append(trainer.train(batch, rate))
        if chief and len(recent) == 50:
            loss, error = np.mean(recent, axis=0)
            seconds = (time.monotonic() - told) / len(recent)
            print(
                f'step {trainer.step}  loss {loss:.3f}  EPE {error:.3f} px  rate {rate:.1e}  '
                f'{seconds:.2f} s',
                flush=True,
            )
            recent, told = [], time.monotonic()
        if chief and time.monotonic() - saved > CHECKPOINT_SECONDS:
            trainer.save(arguments.checkpoint)
            saved = time.monotonic()


def main():
    """Train until the given step."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--steps', type=int, default=8000, help='steps from the very first')
    parser.add_argument('--rate', type=float, default=6e-4, help='peak learning rate')
    parser.add_argument('--batch', type=int, default=2)
    parser.add_argument('--size', type=int, nargs=2, default=(192, 320), help='height width')
    parser.add_argument('--checkpoint', type=Path, default=CHECKPOINT)
    parser.add_argument('--processes', type=int, default=1, help='each takes one core')
    arguments = parser.parse_args()

    trainer = Trainer()
    if arguments.checkpoint.exists():
        trainer.load(arguments.checkpoint)
    trainer.share()
    print(f'from step {trainer.step} to {arguments.steps}', flush=True)
    first = trainer.step * arguments.batch
    streams = [
        SceneStream(*arguments.size, first + index * SCENES_OF_A_PROCESS)
        for index in range(arguments.processes)
    ]
    helpers = [
        torch.multiprocessing.get_context('fork').Process(
            target=work, args=(trainer, stream, arguments, False), daemon=True
        )
        for stream in streams[1:]
    ]
    for helper in helpers:
        helper.start()
    work(trainer, streams[0], arguments, chief=True)
    for helper in helpers:
        helper.join()
    trainer.save(arguments.checkpoint)


if __name__ == '__main__':
    main()
