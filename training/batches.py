# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Batches of rendered scenes, small ones first and large ones last."""

from dataclasses import dataclass
import time

import numpy as np
from torch.utils.data import default_collate, get_worker_info, IterableDataset

from training.scenes.stream import SceneStream

# Height and width, multiples of 64 so that a quarter is one of 16. Rows of several lengths, for
# the search along them.
SIZES = (192, 320), (256, 384), (192, 576), (256, 512), (320, 640)
SCENES_OF_A_STREAM = 10**6


@dataclass(frozen=True)
class Budget:
    """How long a run lasts: so many steps, or minutes since `started`, whichever ends first."""

    steps: float
    minutes: float
    started: float

    def spent(self, steps):
        """Return the share of the run that is over after `steps` steps, 1 at its end."""
        return max(steps / self.steps, (time.monotonic() - self.started) / 60 / self.minutes)


class Batches(IterableDataset):
    """
    Batches of SceneStream's samples without end, each of one size out of `sizes`.

    A batch has as many samples as fit into `pixels` pixels, at least one. The first are more often
    of the first sizes, the last ones of the last. `first` numbers the scenes.
    """

    def __init__(self, sizes, pixels, first, budget):
        super().__init__()
        self.sizes, self.pixels, self.first, self.budget = sizes, pixels, first, budget

    def __iter__(self):
        """Yield batches."""
        worker = get_worker_info()
        streams, index = (worker.num_workers, worker.id) if worker else (1, 0)
        first = self.first + index * len(self.sizes) * SCENES_OF_A_STREAM
        samples = [
            iter(SceneStream(height, width, first + number * SCENES_OF_A_STREAM))
            for number, (height, width) in enumerate(self.sizes)
        ]
        rng = np.random.default_rng((2027, first))
        count = 0
        while True:
            spent = min(self.budget.spent(count * streams), 1)
            number = int(len(self.sizes) * rng.random() ** (2 - 1.5 * spent))
            height, width = self.sizes[number]
            size = max(1, round(self.pixels / (height * width)))
            yield default_collate([next(samples[number]) for _ in range(size)])
            count += 1
