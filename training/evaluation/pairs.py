# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The sets of pairs for evaluation; none is used for training."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from crestereo_ros.evaluation.pairs import EvaluationPair, read_pair, read_pairs
from training.scenes import render_scene
from training.scenes.still_life import render_still_life

SHARED = Path(__file__).parents[3] / 'shared'
MOTORCYCLE = SHARED / 'samples' / 'motorcycle'
DOMAINS = SHARED / 'evaluation'


def motorcycle() -> list[EvaluationPair]:
    """Return Middlebury 2014 Motorcycle at quarter size, or an empty list if it is missing."""
    return [read_pair(MOTORCYCLE)] if MOTORCYCLE.exists() else []


def domains() -> list[EvaluationPair]:
    """Return pairs of many kinds from public data sets, or an empty list if they are missing."""
    return list(read_pairs(DOMAINS)) if DOMAINS.exists() else []


def halves(pairs: Sequence[EvaluationPair]) -> dict[str, Sequence[EvaluationPair]]:
    """
    Split the pairs in two, alternately by name.

    Choices, such as that of a checkpoint, use the first half alone. The second half then shows how
    good the choice is.
    """
    return {'Chosen by': pairs[::2], 'Kept apart': pairs[1::2]}


def rooms(count: int = 2) -> list[EvaluationPair]:
    """Return rooms, 480x640, a kind of scene that training does not use."""
    scenes = [render_still_life(100 + number) for number in range(count)]
    return [EvaluationPair('room', scene.left, scene.right, scene.disparity) for scene in scenes]


def layered(count: int = 2) -> list[EvaluationPair]:
    """Return layered scenes as in training, 480x640, from seeds that training does not use."""
    scenes = [
        render_scene(np.random.default_rng((1, number)), 480, 640, 64) for number in range(count)
    ]
    return [
        EvaluationPair('layered', scene.left, scene.right, scene.disparity) for scene in scenes
    ]


def all_sets() -> dict[str, list[EvaluationPair]]:
    """Return all available sets of pairs by name."""
    sets = {'Motorcycle': motorcycle(), 'rooms': rooms(), 'layered scenes': layered()}
    return {name: pairs for name, pairs in sets.items() if pairs}
