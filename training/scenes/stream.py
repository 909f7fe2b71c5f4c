# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""An endless, seeded stream of training samples."""

import itertools

import cv2
import numpy as np
import torch
from torch.utils.data import IterableDataset

from training.scenes.degrade import degrade_pair, tilt_right
from training.scenes.scene import render_scene

MARGIN = 40
WAITING = 48


class SceneStream(IterableDataset):
    """
    Samples from rendered scenes, one after another without end.

    Each is (left, right, truth): float32 (3, H, W) BGR 0..255 twice, and (2, H, W): disparity
    and vertical shift in pixels. Scenes are numbered from `first`; the same `first` gives the
    same samples.
    """

    def __init__(self, height, width, first=0):
        super().__init__()
        self.height, self.width, self.first = height, width, first

    def __iter__(self):
        """Yield samples in mixed order, so that a batch does not come from one scene."""
        cv2.setNumThreads(1)
        rng = np.random.default_rng(self.first)
        waiting = []
        for sample in self._in_order():
            waiting.append(sample)
            if len(waiting) > WAITING:
                yield waiting.pop(rng.integers(len(waiting)))

    def _in_order(self):
        # Rendering costs more than the rest, so each scene serves four times: two crops with
        # faults of their own, of the scene and of its mirror image.
        for number in itertools.count(self.first):
            rng = np.random.default_rng((2026, number))
            largest = self.width * rng.choice([rng.uniform(0.02, 0.1), rng.uniform(0.08, 0.32)])
            scene = render_scene(rng, self.height + MARGIN, self.width + MARGIN, largest)
            for view in (scene, scene.mirrored()) * 2:
                yield self._sample(rng, view)

    def _sample(self, rng, scene):
        right, shift = scene.right, np.zeros_like(scene.disparity)
        if rng.random() < 0.35:
            right, shift = tilt_right(rng, right)
            columns = np.arange(shift.shape[1], dtype=np.float32) - scene.disparity
            rows = np.zeros_like(columns)
            shift = cv2.remap(
                np.ascontiguousarray(shift[:1]),
                columns,
                rows,
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
        top, start = rng.integers(0, MARGIN, 2)
        box = np.s_[top : top + self.height, start : start + self.width]
        left, right = degrade_pair(rng, scene.left[box], right[box])
        truth = np.stack((scene.disparity[box], shift[box]))
        if rng.random() < 0.5:
            left, right, truth = left[::-1], right[::-1], truth[:, ::-1]
            truth[1] *= -1
        pair = (torch.from_numpy(x.transpose(2, 0, 1).astype(np.float32)) for x in (left, right))
        return (*pair, torch.from_numpy(np.ascontiguousarray(truth, np.float32)))
