# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Endless, seeded streams of training samples."""

from collections.abc import Iterator
import itertools

import cv2
import numpy as np
import torch
from torch.utils.data import IterableDataset

from training.scenes.degrade import degrade_pair, tilt_right
from training.scenes.scene import render_scene, StereoSample
from training.scenes.three_d.layouts import random_scene
from training.scenes.three_d.renderer import Renderer

MARGIN = 40
WAITING = 48
# Share of three-dimensional scenes. It gives more than three quarters of the samples: a layered
# scene gives four samples, the others two.
SOLID = 0.876
NIGHT = 0.05  # share of three-dimensional scenes that are too dark for the cameras


class SceneStream(IterableDataset):
    """
    Endless samples from rendered scenes.

    Each is (left, right, truth): float32 (3, H, W) BGR 0..255 twice, and (2, H, W): disparity
    and vertical shift in pixels. About 78 % come from three-dimensional scenes; there the
    disparity of glass and mirrors is that of their surface, and that of the sky is 0. The others
    come from flat layers. Scenes are numbered from `first`; the same `first` gives the same
    samples.

    :param visibility: whether each sample has a fourth tensor, (1, H, W) float32: 1 where the
        right view shows the same point, 0 where it is hidden or outside the image
    :param solid: share of three-dimensional scenes, which need OpenGL (see `renderer`)
    """

    def __init__(
        self,
        height: int,
        width: int,
        first: int = 0,
        visibility: bool = False,
        solid: float = SOLID,
    ) -> None:
        super().__init__()
        self.height, self.width, self.first = height, width, first
        self.visibility, self.solid = visibility, solid

    def __iter__(self) -> Iterator[tuple[torch.Tensor, ...]]:
        """Yield samples in mixed order, so that a batch does not come from a single scene."""
        cv2.setNumThreads(1)
        rng = np.random.default_rng(self.first)
        waiting: list[tuple[torch.Tensor, ...]] = []
        for sample in self._in_order():
            waiting.append(sample)
            if len(waiting) > WAITING:
                yield waiting.pop(rng.integers(len(waiting)))

    def _in_order(self) -> Iterator[tuple[torch.Tensor, ...]]:
        # Rendering takes most of the time, so each scene is used twice: as it is and mirrored,
        # with different faults. Layered scenes, the slowest, give two crops of each.
        renderer = None
        for number in itertools.count(self.first):
            rng = np.random.default_rng((2026, number))
            if rng.random() < self.solid:
                # Created here, because an OpenGL context does not survive a fork.
                renderer = renderer or Renderer(self.height, self.width)
                (scene,), infrared = solid_frames(rng, renderer, [0.0])
                views = [scene, scene.mirrored()]
            else:
                size = self.height + MARGIN, self.width + MARGIN
                scene, infrared = render_scene(rng, *size, largest(rng, self.width)), False
                views = [scene, scene.mirrored()] * 2
            for view in views:
                # Lower parts are mostly nearer: a network may learn that, but must not rely on it.
                upside_down = rng.random() < (0.15 if len(views) == 2 else 0.5)
                yield self._sample(rng, view, infrared, upside_down)

    def _sample(
        self, rng: np.random.Generator, scene: StereoSample, infrared: bool, upside_down: bool
    ) -> tuple[torch.Tensor, ...]:
        right, shift = tilted(rng, scene)
        rows, columns = scene.disparity.shape
        top, start = rng.integers(0, (rows - self.height + 1, columns - self.width + 1))
        box = np.s_[top : top + self.height, start : start + self.width]
        left, right = degrade_pair(rng, scene.left[box], right[box], infrared)
        maps = [scene.disparity[box], shift[box]]
        if self.visibility:
            inside = np.arange(self.width) >= maps[0]
            maps.append(scene.visible()[box] & inside)
        truth = np.stack(maps).astype(np.float32)
        if upside_down:
            left, right, truth = left[::-1], right[::-1], truth[:, ::-1]
            truth[1] *= -1
        sample = image_tensor(left), image_tensor(right), torch.from_numpy(truth[:2].copy())
        return (*sample, torch.from_numpy(truth[2:].copy())) if self.visibility else sample


class SequenceStream(IterableDataset):
    """
    Short videos of three-dimensional scenes with a moving camera and some moving objects.

    Each is (left, right, truth): float32 (T, 3, H, W) BGR 0..255 twice, and (T, 2, H, W), as in
    SceneStream. The same `first` gives the same samples.

    :param frames: T
    """

    def __init__(self, height: int, width: int, first: int = 0, frames: int = 2) -> None:
        super().__init__()
        self.height, self.width, self.first, self.frames = height, width, first, frames

    def __iter__(self) -> Iterator[tuple[torch.Tensor, ...]]:
        """Yield a video of each scene and one of its mirror image."""
        cv2.setNumThreads(1)
        renderer = Renderer(self.height, self.width)
        for number in itertools.count(self.first):
            rng = np.random.default_rng((2027, number))
            times = np.arange(self.frames, dtype=float).tolist()
            scenes, infrared = solid_frames(rng, renderer, times)
            for views in (scenes, [scene.mirrored() for scene in scenes]):
                yield self._sample(rng, views, infrared)

    def _sample(
        self, rng: np.random.Generator, scenes: list[StereoSample], infrared: bool
    ) -> tuple[torch.Tensor, ...]:
        seed = rng.integers(2**32)
        moved = [tilted(np.random.default_rng(seed), scene) for scene in scenes]
        # As one tall picture, all frames get the same exposure and blur but different noise.
        left = np.concatenate([scene.left for scene in scenes])
        right = np.concatenate([image for image, _ in moved])
        pictures = degrade_pair(rng, left, right, infrared)
        truth = np.array(
            [[s.disparity, t] for s, (_, t) in zip(scenes, moved, strict=True)], np.float32
        )
        shape = self.frames, self.height, self.width, 3
        left, right = (
            torch.from_numpy(x.reshape(shape).transpose(0, 3, 1, 2).astype(np.float32))
            for x in pictures
        )
        return left, right, torch.from_numpy(truth)


def largest(rng: np.random.Generator, width: int) -> float:
    """Return the largest disparity of a scene, pixels: 2 to 35 % of the width."""
    return width * rng.choice([rng.uniform(0.02, 0.1), rng.uniform(0.08, 0.35)])


def solid_frames(
    rng: np.random.Generator, renderer: Renderer, times: list[float]
) -> tuple[list[StereoSample], bool]:
    """Return a random three-dimensional scene at each time, and whether it is infrared."""
    scene = random_scene(rng)
    pairs = renderer.render(scene, largest(rng, renderer.width), times)
    infrared = scene.light.dots > 0 or rng.random() < 0.03
    # A camera sets its exposure by the brightness of the image and overexposes little of it.
    colour = pairs[0][0].colour
    mean, bright = float(colour.mean()), float(np.quantile(colour[::4, ::4], 0.93))
    gain = np.clip(min(rng.uniform(70, 140) / max(mean, 1), 240 / max(bright, 1)), 0.6, 4)
    if rng.random() < NIGHT:
        gain *= np.exp(rng.uniform(np.log(0.12), np.log(0.5)))
    frames = []
    for left, right in pairs:
        frames.append(
            StereoSample(
                cv2.convertScaleAbs(left.colour, alpha=gain),
                cv2.convertScaleAbs(right.colour, alpha=gain),
                left.disparity,
                right.disparity,
            )
        )
    return frames, bool(infrared)


def tilted(rng: np.random.Generator, scene: StereoSample) -> tuple[np.ndarray, np.ndarray]:
    """Return the right image, perhaps badly rectified, and its shift at the left pixels."""
    if rng.random() >= 0.35:
        return scene.right, np.zeros_like(scene.disparity)
    right, shift = tilt_right(rng, scene.right)
    columns = np.arange(shift.shape[1], dtype=np.float32) - scene.disparity
    shift = cv2.remap(
        np.ascontiguousarray(shift[:1]),
        columns,
        np.zeros_like(columns),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return right, shift


def image_tensor(image: np.ndarray) -> torch.Tensor:
    """Return an image (H, W, 3) uint8 as (3, H, W) float32."""
    return torch.from_numpy(image.transpose(2, 0, 1).astype(np.float32))
