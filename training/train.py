# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Train a network on rendered scenes, starting from its checkpoint if there is one.

    python -m training.train --minutes 90
    python -m training.train --widths fast --minutes 90
    python -m training.train --pool /tmp/pool --minutes 90
    python -m training.train --device cuda --bf16 --pixels 4000000 --workers 12 --minutes 90

Samples come from a pool of rendered pairs (see `training.pool`), or each is rendered on demand.
Run the command again to train further. In every run, the learning rate rises at first and falls at
the end, so that the checkpoint can be exported.
"""

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
import math
import os
from pathlib import Path
import time
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from training.batch_losses import batch_losses
from training.batches import Batches, Budget, SIZES
from training.network import COMPACT, CREStereo, FAST, OFFICIAL, Widths
from training.pool import Pool
from training.scenes.stream import SOLID

WIDTHS = {'compact': COMPACT, 'fast': FAST, 'official': OFFICIAL}
CHECKPOINTS = Path(__file__).parent / 'checkpoints'
LOGS = Path(__file__).parent / 'runs'
CHECKPOINT = CHECKPOINTS / 'compact.pt'
CHECKPOINT_SECONDS = 60
LOG_STEPS = 50
WARM_UP_STEPS = 100
MAX_SKIPPED = 20  # consecutive steps whose gradients are not finite
COOL_DOWN = 0.25
SCENES_OF_A_PROCESS = 10**8
AVERAGING = 0.998
NEW_PARTS = ('row_search.', 'error_head.')  # missing from older checkpoints


def learning_rate(step: int, spent: float, peak: float) -> float:
    """
    Return the rate: a short rise, a plateau at the peak, and a linear fall to a hundredth of it.

    :param step: counted from the start of the run
    :param spent: share of the run that is over, 0..1
    """
    rise = min(1.0, (step + 1) / WARM_UP_STEPS)
    fall = min(1.0, (1 - spent) / COOL_DOWN)
    return peak * rise * max(fall, 0.01)


class Diverged(RuntimeError):
    """Gradients or weights of the network are not finite."""


class Trainer:
    """
    The network, its running average, the optimizer and the step: the content of a checkpoint.

    After `share`, several processes train it at the same time without waiting for each other, as
    in Hogwild (Niu et al., 2011): a gradient may be one step late.

    :param bf16: whether convolutions use bfloat16
    """

    def __init__(
        self,
        widths: Widths = COMPACT,
        device: str = 'cpu',
        bf16: bool = False,
        seed: int = 2026,
    ) -> None:
        torch.manual_seed(seed)
        self.device, self.bf16 = torch.device(device), bf16
        self.network = CREStereo(widths).to(self.device)
        self.average = deepcopy(self.network).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), weight_decay=1e-5)
        self._step = torch.zeros((), dtype=torch.int64)
        self._skipped = 0
        self._lock = torch.multiprocessing.get_context('fork').Lock()

    @property
    def step(self) -> int:
        """Steps taken so far, by all processes."""
        return int(self._step)

    def share(self) -> None:
        """Move everything to shared memory; processes forked afterwards train the same network."""
        if not self.optimizer.state:
            # The optimizer creates its state in its first step; zero gradients change nothing.
            for parameter in self.network.parameters():
                parameter.grad = torch.zeros_like(parameter)
            self.optimizer.step()
        self.network.share_memory()
        self.average.share_memory()
        self._step.share_memory_()
        for state in self.optimizer.state.values():
            for tensor in state.values():
                tensor.share_memory_()

    def load(self, path: Path) -> None:
        """
        Continue from a checkpoint.

        From a checkpoint without row search and error head, only the weights are loaded.

        :raises RuntimeError: if other weights are missing, or the network is another one
        """
        state = torch.load(path, map_location=self.device, weights_only=True)
        whole = _load(self.network, state['network'])
        _load(self.average, state['average'])
        if whole:
            self.optimizer.load_state_dict(state['optimizer'])
        self._step.fill_(state['step'])

    def save(self, path: Path) -> None:
        """
        Write a checkpoint atomically: a crash leaves the previous one in place.

        :raises Diverged: if a weight is not finite; the previous checkpoint stays
        """
        for network in self.network, self.average:
            for name, value in network.state_dict().items():
                if not value.isfinite().all():
                    raise Diverged(f'{name} is not finite; {path} is left as it was')
        path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            'network': self.network.state_dict(),
            'average': self.average.state_dict(),
            'optimizer': _in_half(self.optimizer.state_dict()),
            'step': self.step,
        }
        partial = path.with_suffix('.partial')
        with self._lock:
            torch.save(state, partial)
        os.replace(partial, path)

    def train(self, batch: Sequence[torch.Tensor], rate: float) -> tuple[float, float, float]:
        """
        Take one step on a batch.

        :param batch: see `batch_losses`
        :param rate: learning rate
        :returns: the losses of the predictions and of the predicted errors, and the end-point
            error of the last pass in pixels
        """
        batch = [x.to(self.device, non_blocking=True) for x in batch]
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            losses = batch_losses(self.network, batch, np.random.default_rng(self.step))
        self.descend(losses.loss + losses.error_loss, rate)
        return losses.loss.item(), losses.error_loss.item(), losses.end_point_error.item()

    def descend(self, loss: torch.Tensor, rate: float) -> None:
        """
        Take one step down the gradient of a loss.

        A step whose gradient is not finite is skipped and not counted.

        :param loss: a scalar, computed by the network
        :param rate: learning rate
        :raises Diverged: if too many gradients in a row are not finite
        """
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        # Clipped separately, so that the head does not shorten the other parameters' steps.
        of_head = list(self.network.error_head.parameters())
        others = list(self.network.parameters())[: -len(of_head)]
        norms = [torch.nn.utils.clip_grad_norm_(each, 1.0) for each in (of_head, others)]
        if not torch.stack(norms).isfinite().all():
            self._skipped += 1
            if self._skipped > MAX_SKIPPED:
                raise Diverged(
                    f'{self._skipped} gradients in a row were not finite after step {self.step}: '
                    'lower --rate and start again from the last checkpoint'
                )
            return
        self._skipped = 0
        for group in self.optimizer.param_groups:
            group['lr'] = rate
        with self._lock:
            self.optimizer.step()
            self._step += 1
            keep = min(AVERAGING, self.step / (self.step + 10))
            means, values = self.average.parameters(), self.network.parameters()
            for mean, value in zip(means, values, strict=True):
                mean.lerp_(value.detach(), 1 - keep)


def _load(network: CREStereo, weights: Mapping[str, torch.Tensor]) -> bool:
    # New parts that the weights lack keep their values. Returns whether the weights are complete.
    kept = {
        name: value
        for name, value in network.state_dict().items()
        if name not in weights and name.startswith(NEW_PARTS)
    }
    network.load_state_dict({**weights, **kept})
    return not kept


def _in_half(state: Mapping[str, Any]) -> dict[str, Any]:
    # Half precision is enough for the optimizer's averages.
    return {
        **state,
        'state': {
            number: {
                name: x.bfloat16() if name.startswith('exp_avg') else x for name, x in each.items()
            }
            for number, each in state['state'].items()
        },
    }


def work(
    index: int,
    trainer: Trainer,
    arguments: argparse.Namespace,
    budget: Budget,
    helpers: torch.multiprocessing.ProcessContext | None = None,
) -> None:
    """
    Train until the end of the run.

    :param index: number of this process; process 0 writes the log and the checkpoint
    :param arguments: of the command line
    :param helpers: the other processes
    """
    first_scene = 2 * trainer.step + index * SCENES_OF_A_PROCESS
    stream = Batches(
        arguments.sizes,
        arguments.pixels,
        first_scene,
        budget,
        arguments.solid,
        arguments.sequences,
        Pool(arguments.pool) if arguments.pool else None,
    )
    batches = DataLoader(stream, batch_size=None, num_workers=arguments.workers)
    line = 'loss {:.3f}  of errors {:.3f}  EPE {:.3f} px'
    take_steps(trainer, batches, trainer.train, line, arguments, budget, index == 0, helpers)


def _help(index: int, trainer: Trainer, arguments: argparse.Namespace, budget: Budget) -> None:
    work(index + 1, trainer, arguments, budget)


def take_steps(
    trainer: Trainer,
    batches: Iterable[Sequence[torch.Tensor]],
    step: Callable[[Sequence[torch.Tensor], float], Sequence[float]],
    line: str,
    arguments: argparse.Namespace,
    budget: Budget,
    chief: bool = True,
    helpers: torch.multiprocessing.ProcessContext | None = None,
) -> None:
    """
    Take one step for each batch until the end of a run.

    :param step: takes a step with a batch and a learning rate; returns numbers for the log
    :param line: format of these numbers in the log
    :param arguments: of the command line: peak `rate`, `log` and `checkpoint`
    :param chief: whether to write the log and the checkpoint
    :param helpers: other processes; if one of them fails, so does this one
    """
    # More threads would wait for other processes; subnormal numbers make a step much slower.
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    saved = logged = time.monotonic()
    first_step = trainer.step
    recent: list[Sequence[float]] = []
    for batch in batches:
        done = trainer.step - first_step
        spent = budget.spent(done)
        if spent >= 1:
            break
        rate = learning_rate(done, spent, arguments.rate)
        recent.append(step(batch, rate))
        if helpers:
            helpers.join(0)
        if chief and len(recent) == LOG_STEPS:
            numbers = line.format(*np.mean(recent, axis=0))
            seconds = (time.monotonic() - logged) / len(recent)
            write_log(
                arguments.log,
                f'step {trainer.step}  {numbers}  rate {rate:.1e}  {seconds:.2f} s',
            )
            recent, logged = [], time.monotonic()
        if chief and time.monotonic() - saved > CHECKPOINT_SECONDS:
            trainer.save(arguments.checkpoint)
            saved = time.monotonic()


def write_log(log: Path, line: str) -> None:
    """Print a line and append it to a file, with the time."""
    print(line, flush=True)
    with log.open('a') as file:
        file.write(f'{time.strftime("%F %T")}  {line}\n')


def _size(text: str) -> tuple[int, int]:
    height, width = (int(side) for side in text.split('x'))
    return height, width


def main() -> None:
    """Train for the given time."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--widths', choices=WIDTHS, default='compact')
    parser.add_argument('--minutes', type=float, default=math.inf, help='duration of this run')
    parser.add_argument('--steps', type=float, default=math.inf, help='largest number of steps')
    parser.add_argument('--rate', type=float, default=3e-4, help='peak learning rate')
    parser.add_argument('--pixels', type=int, default=2 * 192 * 320, help='pixels of a batch')
    parser.add_argument('--sizes', type=_size, nargs='+', default=SIZES, metavar='HxW')
    parser.add_argument(
        '--solid', type=float, default=SOLID, help='share of 3D scenes, which need OpenGL'
    )
    parser.add_argument(
        '--sequences', type=float, default=0.0, help='share of batches that are short videos'
    )
    parser.add_argument('--pool', type=Path, help='folder of rendered pairs, see training.pool')
    parser.add_argument('--processes', type=int, default=1, help='each trains on one core')
    parser.add_argument('--workers', type=int, default=0, help='each renders on one core')
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--bf16', action='store_true', help='convolutions in bfloat16')
    parser.add_argument('--checkpoint', type=Path, help='default: checkpoints/WIDTHS.pt')
    parser.add_argument('--log', type=Path, help="default: runs/ with the checkpoint's name")
    arguments = parser.parse_args()
    arguments.checkpoint = arguments.checkpoint or CHECKPOINTS / f'{arguments.widths}.pt'
    arguments.log = arguments.log or LOGS / f'{arguments.checkpoint.stem}.log'
    arguments.log.parent.mkdir(parents=True, exist_ok=True)

    trainer = Trainer(WIDTHS[arguments.widths], arguments.device, arguments.bf16)
    if arguments.checkpoint.exists():
        trainer.load(arguments.checkpoint)
    write_log(arguments.log, f'from step {trainer.step}, {arguments}')
    budget = Budget(arguments.steps, arguments.minutes, time.monotonic())
    helpers = None
    if arguments.processes > 1:
        trainer.share()
        helpers = torch.multiprocessing.start_processes(
            _help,
            (trainer, arguments, budget),
            arguments.processes - 1,
            join=False,
            start_method='fork',
        )
    work(0, trainer, arguments, budget, helpers)
    while helpers and not helpers.join():
        pass
    trainer.save(arguments.checkpoint)
    write_log(arguments.log, f'ended at step {trainer.step}')


if __name__ == '__main__':
    main()
