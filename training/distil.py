# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Start a network with a narrower encoder from a trained network.

    python -m training.distil --minutes 40
    python -m training.train --widths fast --minutes 60

All weights but the encoder's are copied. The encoder is trained to give the other network's
features: a step takes a third of the time of one that trains the disparity, and every pixel
trains every layer. Afterwards the whole network is trained like any other.

An interrupted run continues from its checkpoint. The whole network of the repository's checkpoint
is already trained: to start anew, name another checkpoint with --checkpoint.
"""

import argparse
from collections.abc import Sequence
import math
from pathlib import Path
import time

import torch

from training.batches import Batches, Budget, SIZES
from training.network import COMPACT, CREStereo, FAST
from training.pool import Pool
from training.train import (
    CHECKPOINT,
    CHECKPOINTS,
    LOGS,
    take_steps,
    Trainer,
)


def copy_all_but_encoder(trainer: Trainer, teacher: CREStereo) -> None:
    """
    Copy all weights of another network but the encoder's to a trainer's network.

    :raises RuntimeError: if anything but the encoder differs in width
    """
    for network in trainer.network, trainer.average:
        own = {name: x for name, x in network.state_dict().items() if name.startswith('fnet.')}
        network.load_state_dict({**teacher.state_dict(), **own})


def feature_error(features: torch.Tensor, aims: torch.Tensor) -> torch.Tensor:
    """
    Return the mean squared error of features as a share of the variance of the target features.

    :param features: (N, C, H, W)
    :param aims: (N, C, H, W)
    :returns: a scalar, the mean over the channels
    """
    squares = (features.float() - aims).square().mean((0, 2, 3))
    return (squares / aims.var((0, 2, 3)).clamp(min=1e-6)).mean()


def distil(trainer: Trainer, teacher: CREStereo, images: torch.Tensor, rate: float) -> float:
    """
    Take one step that makes the encoder's features more like those of another network.

    :param images: (N, 3, H, W), BGR, 0..255
    :param rate: learning rate
    :returns: the error, see `feature_error`
    """
    images = images.to(trainer.device) * (2 / 255) - 1
    with torch.autocast(trainer.device.type, torch.bfloat16, enabled=trainer.bf16):
        with torch.no_grad():
            aims = teacher.fnet(images).float()
        error = feature_error(trainer.network.fnet(images), aims)
    trainer.descend(error, rate)
    return error.item()


def main() -> None:
    """Distil `fast` from `compact`."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--minutes', type=float, default=math.inf, help='duration of this run')
    parser.add_argument('--steps', type=float, default=math.inf, help='largest number of steps')
    parser.add_argument('--rate', type=float, default=2e-3, help='peak learning rate')
    parser.add_argument('--pixels', type=int, default=2 * 192 * 320, help='pixels of a batch')
    parser.add_argument('--pool', type=Path, help='folder of rendered pairs, see training.pool')
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--bf16', action='store_true', help='convolutions in bfloat16')
    parser.add_argument('--teacher', type=Path, default=CHECKPOINT)
    parser.add_argument('--checkpoint', type=Path, default=CHECKPOINTS / 'fast.pt')
    parser.add_argument('--log', type=Path, default=LOGS / 'fast.log')
    arguments = parser.parse_args()
    arguments.log.parent.mkdir(parents=True, exist_ok=True)

    source = Trainer(COMPACT, arguments.device)
    source.load(arguments.teacher)
    trainer = Trainer(FAST, arguments.device, arguments.bf16)
    if arguments.checkpoint.exists():
        trainer.load(arguments.checkpoint)
    else:
        copy_all_but_encoder(trainer, source.average)
    budget = Budget(arguments.steps, arguments.minutes, time.monotonic())
    pool = Pool(arguments.pool) if arguments.pool else None
    batches = Batches(SIZES, arguments.pixels, 2 * trainer.step, budget, pool=pool)

    def step(batch: Sequence[torch.Tensor], rate: float) -> tuple[float]:
        return (distil(trainer, source.average, torch.cat(tuple(batch[:2])), rate),)

    take_steps(trainer, batches, step, 'error of features {:.4f}', arguments, budget)
    trainer.save(arguments.checkpoint)


if __name__ == '__main__':
    main()
