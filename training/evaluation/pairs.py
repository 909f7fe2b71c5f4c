# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The pairs that we evaluate on; none is ever trained on."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from training.scenes import render_scene
from training.scenes.still_life import render_still_life

MOTORCYCLE = Path(__file__).parents[3] / 'shared' / 'samples' / 'motorcycle'


@dataclass(frozen=True)
class EvaluationPair:
    """`left`, `right`: (H, W, 3) uint8 BGR; `truth`: (H, W) float32 pixels, +inf unknown."""

    left: np.ndarray
    right: np.ndarray
    truth: np.ndarray


def motorcycle():
    """Return Middlebury 2014 Motorcycle at quarter size; an empty list where it is missing."""
    if not MOTORCYCLE.exists():
        return []
    left, right = (cv2.imread(str(MOTORCYCLE / f'{side}.png')) for side in ('left', 'right'))
    truth = np.load(MOTORCYCLE / 'disparity.npz')['disparity']
    return [EvaluationPair(left, right, truth)]


def rooms(count=2):
    """Return rooms, 480x640, a make that is not trained on."""
    scenes = [render_still_life(100 + number) for number in range(count)]
    return [EvaluationPair(scene.left, scene.right, scene.disparity) for scene in scenes]


def layered(count=2):
    """Return scenes of the make that is trained on, 480x640, from seeds that training skips."""
    scenes = [
        render_scene(np.random.default_rng((1, number)), 480, 640, 64) for number in range(count)
    ]
    return [EvaluationPair(scene.left, scene.right, scene.disparity) for scene in scenes]


def all_sets():
    """Return every set of pairs that can be had here, by name."""
    sets = {'Motorcycle': motorcycle(), 'rooms': rooms(), 'layered scenes': layered()}
    return {name: pairs for name, pairs in sets.items() if pairs}
