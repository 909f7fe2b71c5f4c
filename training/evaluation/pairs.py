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

    name: str
    left: np.ndarray
    right: np.ndarray
    truth: np.ndarray


def motorcycle():
    """Return Middlebury 2014 Motorcycle at quarter size, or None where the sample is missing."""
    if not MOTORCYCLE.exists():
        return None
    left, right = (cv2.imread(str(MOTORCYCLE / f'{side}.png')) for side in ('left', 'right'))
    truth = np.load(MOTORCYCLE / 'disparity.npz')['disparity']
    return EvaluationPair('Motorcycle', left, right, truth)


def layered(count=3):
    """Return scenes of the make that is trained on, 480x640, from seeds that training skips."""
    pairs = []
    for number in range(count):
        scene = render_scene(np.random.default_rng((1, number)), 480, 640, 64)
        name = f'layered scene {number}'
        pairs.append(EvaluationPair(name, scene.left, scene.right, scene.disparity))
    return pairs


def still_lifes(count=2):
    """Return rooms, 480x640, a make that is not trained on."""
    pairs = []
    for number in range(count):
        room = render_still_life(100 + number)
        pairs.append(EvaluationPair(f'room {number}', room.left, room.right, room.disparity))
    return pairs


def all_pairs():
    """Return every evaluation pair that this machine has."""
    real = motorcycle()
    return ([real] if real else []) + still_lifes() + layered()
