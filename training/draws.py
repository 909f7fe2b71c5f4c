# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Samples from a pool of rendered pairs, each with a new crop, new scale and new faults."""

from collections.abc import Iterator

import cv2
import numpy as np
import torch
from torch.utils.data import IterableDataset

from training.loss import UNMATCHABLE
from training.pool import Pool
from training.scenes.degrade import degrade_pair, expose_pair, without_content
from training.scenes.scene import StereoSample
from training.scenes.stream import image_tensor, tilted

MIN_SCALE = 0.5
MAX_DISPARITY = 0.5  # as a share of the width, as far as the scale can limit it
CLEAN = 0.3  # share of samples without faults
UPSIDE_DOWN = 0.2
WITHOUT_CONTENT = 0.03


class PoolStream(IterableDataset):
    """
    Endless samples of one size from a pool.

    Each is (left, right, truth, known): the first three are as in SceneStream, and `known`,
    (1, H, W), is 1 or UNMATCHABLE, see `sequence_loss`. Most have camera faults and some are
    clean. In a few, no disparity can be found.

    :param first: random seed
    """

    def __init__(self, pool: Pool, height: int, width: int, first: int = 0) -> None:
        super().__init__()
        self.pool, self.height, self.width, self.first = pool, height, width, first

    def __iter__(self) -> Iterator[tuple[torch.Tensor, ...]]:
        """Yield samples."""
        cv2.setNumThreads(1)
        rng = np.random.default_rng((2029, self.first))
        before = None
        while True:
            sample = self._sample(rng, before)
            before = sample[1]
            yield tuple(sample)

    def _sample(
        self, rng: np.random.Generator, before: torch.Tensor | None
    ) -> tuple[torch.Tensor, ...]:
        pair = self.pool.draw(rng, self.height, self.width)
        scene = crop(rng, pair.scene, self.height, self.width)
        if rng.random() < 0.5:
            scene = scene.mirrored()
        clean = rng.random() < CLEAN
        right, shift = (
            (scene.right, np.zeros_like(scene.disparity)) if clean else tilted(rng, scene)
        )
        fault = expose_pair if clean else degrade_pair
        left, right = fault(rng, scene.left, right, pair.infrared)
        known = np.ones((1, self.height, self.width), np.float32)
        if before is not None and rng.random() < WITHOUT_CONTENT:
            other = before.numpy().transpose(1, 2, 0).astype(np.uint8)
            left, right = without_content(rng, left, right, other)
            known[:] = UNMATCHABLE
        truth = np.stack([scene.disparity, shift]).astype(np.float32)
        if rng.random() < UPSIDE_DOWN:
            left, right, truth = left[::-1], right[::-1], truth[:, ::-1].copy()
            truth[1] *= -1
        images = image_tensor(left), image_tensor(right)
        return *images, torch.from_numpy(truth), torch.from_numpy(known)


def crop(rng: np.random.Generator, scene: StereoSample, height: int, width: int) -> StereoSample:
    """
    Return a part of a scene, reduced to MIN_SCALE at the least.

    :param height: of the result, at most the scene's
    :param width: of the result, at most the scene's
    """
    rows, columns = scene.disparity.shape
    lowest = max(MIN_SCALE, height / rows, width / columns)
    highest = MAX_DISPARITY * width / max(float(scene.disparity.max()), 1)
    scale = rng.uniform(lowest, np.clip(highest, lowest, 1))
    tall, wide = min(round(height / scale), rows), min(round(width / scale), columns)
    top, start = rng.integers(0, (rows - tall + 1, columns - wide + 1))
    box = np.s_[top : top + tall, start : start + wide]
    images = (_resized(x[box], height, width, cv2.INTER_AREA) for x in (scene.left, scene.right))
    truths = (
        _resized(x[box], height, width, cv2.INTER_NEAREST_EXACT) * np.float32(width / wide)
        for x in (scene.disparity, scene.disparity_right)
    )
    return StereoSample(*images, *truths)


def _resized(image: np.ndarray, height: int, width: int, interpolation: int) -> np.ndarray:
    return np.asarray(cv2.resize(image, (width, height), interpolation=interpolation))
