# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reads the pairs to measure settings with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import hashlib
from itertools import islice
from pathlib import Path

import numpy as np

from crestereo_ros.benchmarking.errors import BenchmarkError
from crestereo_ros.evaluation.pairs import pair_folders, read_images, read_pair, truth_file
from crestereo_ros.preparation import FramePreparation
from crestereo_ros.sources import open_source, StereoFrame, StereoSource


@dataclass(frozen=True, eq=False)
class Sample:
    """
    A pair, and its true disparity if known.

    `left`, `right`: uint8 (H, W, 3), BGR. `truth`: float32 (H, W), pixels of the left image,
    infinite where unknown.
    """

    name: str
    left: np.ndarray
    right: np.ndarray
    truth: np.ndarray | None = None


def read_samples(sources: Sequence[str], most: int) -> list[Sample]:
    """
    Read the pairs of folders, of a video, or of two images.

    Frames of videos and pairs of images are aligned as by `crestereo depth`. Pairs in folders are
    assumed to be rectified.

    :param sources: folders with the layout of `evaluation.pairs`, each of one pair or of several;
        or one or two sources as for `sources.open_source`
    :param most: how many to use at most, spread evenly
    :raises CrestereoError: if a source cannot be read, or only some pairs have a truth
    """
    folders = [pair for source in sources for pair in pair_folders(Path(source))]
    if folders:
        samples = [_of_folder(folders[number]) for number in _spread(len(folders), most)]
    elif len(sources) == 1 and Path(sources[0]).is_dir():
        raise BenchmarkError(f'{sources[0]} has no left.png, nor a folder with one')
    elif len(sources) > 2:
        raise BenchmarkError(
            'give one source, a left and a right one, or folders with left.png and right.png, '
            f'not {len(sources)} files'
        )
    else:
        samples = list(_of_source(open_source(*sources), most))
    without = [sample.name for sample in samples if sample.truth is None]
    if 0 < len(without) < len(samples):
        raise BenchmarkError(
            f'{without[0]} has no truth, but other pairs do: measure the two kinds separately'
        )
    return samples


def digest(samples: Sequence[Sample]) -> str:
    """Return a hash of everything in the samples, which changes when they do."""
    total = hashlib.sha256()
    for sample in samples:
        for array in (sample.left, sample.right, sample.truth):
            if array is not None:
                total.update(repr(array.shape).encode() + array.tobytes())
    return total.hexdigest()


def _spread(count: int, most: int) -> list[int]:
    """Return the middle of each of `most` equal parts of a range, or all of a shorter one."""
    parts = min(count, most)
    return [int((part + 0.5) * count / parts) for part in range(parts)]


def _of_folder(folder: Path) -> Sample:
    if truth_file(folder) is None:
        return Sample(folder.name, *read_images(folder))
    pair = read_pair(folder)
    known = pair.truth[np.isfinite(pair.truth)]
    if not known.size:
        raise BenchmarkError(f'{folder}: its truth has no known pixels')
    if known.max() > pair.truth.shape[1]:
        raise BenchmarkError(
            f'{folder}: its truth has another scale: {known.max():.0f} px in an image of '
            f'{pair.truth.shape[1]} columns'
        )
    return Sample(pair.name, pair.left, pair.right, pair.truth)


def _of_source(source: StereoSource, most: int) -> Iterator[Sample]:
    preparation = FramePreparation(align=True, swap='auto')
    try:
        for frame in _frames(source, most):
            prepared = preparation.prepare(frame)
            name = f'{source.name} at {frame.time:.2f} s'
            yield Sample(name, prepared.left, prepared.right)
    finally:
        preparation.close()


def _frames(source: StereoSource, most: int) -> Iterator[StereoFrame]:
    if source.length is None or not source.seekable:
        yield from islice(source, most)
        return
    for number in _spread(source.length, most):
        yield next(source.frames(number / source.rate))
