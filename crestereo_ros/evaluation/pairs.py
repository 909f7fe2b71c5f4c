# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reads pairs with truth from folders with left.png, right.png, truth.npz and source.txt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from crestereo_ros.evaluation.disparity_files import read_array
from crestereo_ros.evaluation.errors import EvaluationError

TRUTHS = 'truth.npz', 'disparity.npz'  # the first that exists is used


@dataclass(frozen=True, eq=False)
class EvaluationPair:
    """
    A rectified pair and its true disparity.

    `left`, `right`: uint8 (H, W, 3), BGR. `truth`: float32 (H, W), pixels of the left image,
    infinite where unknown. `source`: where the pair comes from, '' if unknown.
    """

    name: str
    left: np.ndarray
    right: np.ndarray
    truth: np.ndarray
    source: str = ''


def read_pairs(folder: Path) -> Iterator[EvaluationPair]:
    """
    Yield the pairs in a folder, sorted by name.

    :param folder: has a folder for each pair; folders without left.png are ignored
    :raises EvaluationError: if there is no pair, or one cannot be read
    """
    folders = pair_folders(folder)
    if not folders:
        raise EvaluationError(f'{folder} has no folder with a left.png in it')
    for path in folders:
        yield read_pair(path)


def pair_folders(folder: Path) -> list[Path]:
    """Return the folder itself if it is a pair, or else the pairs in it, sorted by name."""
    if (folder / 'left.png').exists():
        return [folder]
    return [path.parent for path in sorted(folder.glob('*/left.png'))]


def read_pair(folder: Path) -> EvaluationPair:
    """
    Read one pair.

    :param folder: has left.png, right.png, and truth.npz or disparity.npz with the array
        `disparity`; source.txt is optional
    :raises EvaluationError: if the pair cannot be read, or its sizes differ
    """
    left, right = read_images(folder)
    truth = _read_truth(folder)
    if truth.shape != left.shape[:2]:
        raise EvaluationError(
            f'{folder}: the images are {_size(left)}, and their truth is {_size(truth)} '
            '(height x width)'
        )
    source = folder / 'source.txt'
    return EvaluationPair(
        folder.name,
        left,
        right,
        truth,
        source.read_text(encoding='utf-8').strip() if source.exists() else '',
    )


def read_images(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """
    Read the left and the right image of a pair.

    :param folder: as for `read_pair`, but may lack the truth
    :returns: uint8 (H, W, 3) each, BGR
    :raises EvaluationError: if an image cannot be read, or the sizes differ
    """
    left, right = (_read_image(folder / f'{side}.png') for side in ('left', 'right'))
    if left.shape != right.shape:
        raise EvaluationError(
            f'{folder} is not a pair: left is {_size(left)}, and right is {_size(right)} '
            '(height x width)'
        )
    return left, right


def truth_file(folder: Path) -> Path | None:
    """Return the file with the truth of a pair, None if there is none."""
    return next((folder / name for name in TRUTHS if (folder / name).exists()), None)


def _size(image: np.ndarray) -> str:
    return 'x'.join(map(str, image.shape[:2]))


def _read_image(path: Path) -> np.ndarray:
    image = None
    if path.exists():
        content = np.frombuffer(path.read_bytes(), np.uint8)
        image = cv2.imdecode(content, cv2.IMREAD_COLOR) if content.size else None
    if image is None:
        raise EvaluationError(f'{path} is missing or not a readable image')
    return image


def _read_truth(folder: Path) -> np.ndarray:
    path = truth_file(folder)
    if path is None:
        raise EvaluationError(f'{folder} has no {" or ".join(TRUTHS)}')
    return read_array(path)
