# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Batches of rendered scenes: small images first, large ones last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import time

import numpy as np
import torch
from torch.utils.data import default_collate, get_worker_info, IterableDataset

from training.draws import PoolStream
from training.pool import Pool
from training.scenes.stream import SceneStream, SequenceStream, SOLID

# Height and width: multiples of 64, so that a quarter is a multiple of 16. The row search must
# learn from rows of several lengths.
SIZES = (192, 320), (256, 384), (192, 576), (256, 512), (320, 640)
SCENES_OF_A_STREAM = 10**6
FRAMES = 2  # of a video


@dataclass(frozen=True)
class Budget:
    """How long a run lasts: a number of steps or of minutes since `started`, whichever is less."""

    steps: float
    minutes: float
    started: float

    def spent(self, steps: float) -> float:
        """Return the share of the run that is over after a number of steps, 1 at its end."""
        return max(steps / self.steps, (time.monotonic() - self.started) / 60 / self.minutes)


class Batches(IterableDataset):
    """
    Endless batches of samples of SceneStream or SequenceStream, each batch of one size.

    Early batches mostly have the first sizes, late ones the last.

    :param sizes: heights and widths
    :param pixels: number of pixels of a batch, which has at least one sample
    :param first: number of the first scene
    :param solid: share of three-dimensional scenes, see SceneStream
    :param sequences: share of batches that are short videos
    :param pool: rendered pairs that samples are taken from; without it, each sample is rendered
    """

    def __init__(
        self,
        sizes: Sequence[tuple[int, int]],
        pixels: int,
        first: int,
        budget: Budget,
        solid: float = SOLID,
        sequences: float = 0.0,
        pool: Pool | None = None,
    ) -> None:
        super().__init__()
        self.sizes, self.pixels, self.first, self.budget = sizes, pixels, first, budget
        self.solid, self.sequences, self.pool = solid, sequences, pool

    def _stream(self, height: int, width: int, first: int) -> IterableDataset:
        if self.pool:
            return PoolStream(self.pool, height, width, first)
        return SceneStream(height, width, first, solid=self.solid)

    def __iter__(self) -> Iterator[list[torch.Tensor]]:
        """Yield batches."""
        worker = get_worker_info()
        streams, index = (worker.num_workers, worker.id) if worker else (1, 0)
        first = self.first + index * len(self.sizes) * SCENES_OF_A_STREAM
        samples = [
            iter(self._stream(height, width, first + number * SCENES_OF_A_STREAM))
            for number, (height, width) in enumerate(self.sizes)
        ]
        videos = [
            iter(SequenceStream(height, width, first + number * SCENES_OF_A_STREAM, FRAMES))
            for number, (height, width) in enumerate(self.sizes)
        ]
        rng = np.random.default_rng((2027, first))
        count = 0
        while True:
            spent = min(self.budget.spent(count * streams), 1)
            number = int(len(self.sizes) * rng.random() ** (2 - 1.5 * spent))
            height, width = self.sizes[number]
            as_video = rng.random() < self.sequences
            stream, frames = (videos[number], FRAMES) if as_video else (samples[number], 1)
            size = max(1, round(self.pixels / (frames * height * width)))
            yield default_collate([next(stream) for _ in range(size)])
            count += 1
