# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Models, compared with the official weights' maps of photographs from a phone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from crestereo_ros.alignment import AlignmentEstimator
from crestereo_ros.alignment.alignment import warped
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.sources import open_source
from training.evaluation.pairs import SHARED

PHONE_PAIRS = SHARED / 'samples' / 'phone_pairs'
STEPS = 255  # grey levels of a map
ROUNDS = 30


@dataclass(frozen=True, eq=False)
class PhonePair:
    """
    An aligned pair and its official map.

    `left`, `right`: uint8 (H, W, 3), BGR. `official`: float32 (H, W), 0..255, in an unknown unit,
    larger is nearer; NaN where the aligned image shows nothing.
    """

    name: str
    left: np.ndarray
    right: np.ndarray
    official: np.ndarray


def phone_pairs() -> Iterator[PhonePair]:
    """Yield the pairs at the size of their maps; yield none if they are missing."""
    for path in sorted(PHONE_PAIRS.glob('*_official.png')):
        name = path.stem.removesuffix('_official')
        sides = (str(PHONE_PAIRS / f'{name}_{side}.jpg') for side in ('left', 'right'))
        (frame,) = open_source(*sides)
        estimator = AlignmentEstimator(swap='no')  # the map belongs to the left image
        estimator.add(frame.left, frame.right)
        alignment = estimator.estimate()
        official = np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.float32)
        left, right = (
            cv2.resize(image, official.shape[::-1], interpolation=cv2.INTER_AREA)
            for image in alignment.apply(frame.left, frame.right)
        )
        turn = alignment.rectification.left
        seen = warped(np.ones_like(official), turn) > 0.999
        yield PhonePair(name, left, right, np.where(seen, warped(official, turn), np.nan))


def difference(disparity: np.ndarray, official: np.ndarray) -> float:
    """
    Return the difference between a disparity and an official map of unknown unit and offset.

    A robust fit by a factor and a plane comes first: each round weights a pixel by the inverse
    square root of its residual.

    :param disparity: float (H, W), pixels
    :param official: float (H, W), 0..255, NaN where it is ignored
    :returns: mean absolute residual as a share of the map's range, 0..1
    """
    known = np.isfinite(official)
    y, x = np.nonzero(known)
    # Scaling keeps the equations well conditioned.
    height, width = official.shape
    columns = np.stack([disparity[known] / width, np.ones(x.shape), x / width, y / height], axis=1)
    target = official[known].astype(np.float64)
    residual = np.ones_like(target)
    for _ in range(ROUNDS):
        weight = 1 / np.sqrt(np.maximum(np.abs(residual), 0.1))
        weighted = columns * weight[:, None]
        solution = np.linalg.solve(weighted.T @ columns, weighted.T @ target)
        residual = target - columns @ solution
    return float(np.abs(residual).mean() / STEPS)


def print_phone_pairs(pairs: Iterable[PhonePair], models: Iterable[str], threads: int) -> None:
    """
    Print the table of differences from the official maps, at the maps' size.

    :param models: names or paths; each runs its own number of iterations
    :param threads: of the networks
    """
    pairs = list(pairs)
    names = [pair.name for pair in pairs]
    print_head('**Official maps of phone pairs.**', 'Method', *names, 'Mean')
    for model in models:
        matcher = StereoMatcher(model, provider='cpu', threads=threads)
        found = [
            difference(matcher.match(pair.left, pair.right).disparity, pair.official)
            for pair in pairs
        ]
        found.append(float(np.mean(found)))
        print_row(matcher.model, *(f'{100 * share:.1f} %' for share in found))
