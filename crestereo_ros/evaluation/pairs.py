# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pairs with truth, a folder each: left.png, right.png, truth.npz and source.txt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from crestereo_ros.evaluation.disparity_files import read_array
from crestereo_ros.evaluation.errors import EvaluationError

TRUTHS = 'truth.npz', 'disparity.npz'  # the first that is there


@dataclass(frozen=True, eq=False)
class EvaluationPair:
    """
    A rectified pair and its true disparity.

    `left`, `right`: uint8 (H, W, 3), BGR. `truth`: float32 (H, W), pixels of the left image,
    infinite where it is unknown. `source`: where the pair comes from, '' where nothing says so.
    """

    name: str
    left: np.ndarray
    right: np.ndarray
    truth: np.ndarray
    source: str = ''


def read_pairs(folder: Path) -> Iterator[EvaluationPair]:
    """
    Read the pairs in a folder one by one, in the order of their names.

    :param folder: has a folder for each pair; others in it have no left.png
    :raises EvaluationError: where there is no pair, or one cannot be read
    """
    folders = pair_folders(folder)
    if not folders:
        raise EvaluationError(f'{folder} has no folder with a left.png in it')
    for path in folders:
        yield read_pair(path)


def pair_folders(folder: Path) -> list[Path]:
    """Return the folder if it is that of a pair; else those of pairs in it, by name."""
    if (folder / 'left.png').exists():
        return [folder]
    return [path.parent for path in sorted(folder.glob('*/left.png'))]


def read_pair(folder: Path) -> EvaluationPair:
    """
    Read one pair.

    :param folder: has left.png, right.png, and truth.npz or disparity.npz with the array
        `disparity`; source.txt may be missing
    :raises EvaluationError: where the pair cannot be read, or its sizes differ
    """
    left, right = read_images(folder)
    truth = _read_truth(folder)
    if truth.shape != left.shape[:2]:
        raise EvaluationError(
            f'{folder}: the images are {_by(left)}, and their truth is {_by(truth)} '
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

    :param folder: as for `read_pair`; needs no truth
    :returns: uint8 (H, W, 3) each, BGR
    :raises EvaluationError: where an image cannot be read, or the sizes differ
    """
    left, right = (_read_image(folder / f'{side}.png') for side in ('left', 'right'))
    if left.shape != right.shape:
        raise EvaluationError(
            f'{folder} is no pair: left is {_by(left)}, and right is {_by(right)} (height x width)'
        )
    return left, right


def truth_file(folder: Path) -> Path | None:
    """Return the file with the truth of a pair, None where there is none."""
    return next((folder / name for name in TRUTHS if (folder / name).exists()), None)


def _by(image: np.ndarray) -> str:
    return 'x'.join(map(str, image.shape[:2]))


def _read_image(path: Path) -> np.ndarray:
    image = None
    if path.exists():
        content = np.frombuffer(path.read_bytes(), np.uint8)
        image = cv2.imdecode(content, cv2.IMREAD_COLOR) if content.size else None
    if image is None:
        raise EvaluationError(f'{path} is no image that can be read, or is missing')
    return image


def _read_truth(folder: Path) -> np.ndarray:
    path = truth_file(folder)
    if path is None:
        raise EvaluationError(f'{folder} has no {" or ".join(TRUTHS)}')
    return read_array(path)
