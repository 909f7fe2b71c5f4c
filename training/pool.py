# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Render pairs without faults into a folder from which training takes its samples.

    nice python -m training.pool /tmp/pool
    python -m training.train --pool /tmp/pool --minutes 90

The pool grows up to --gigabytes. From then on, each new pair replaces the oldest one. Rendering
and training can run at the same time. Each process renders on one core.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
import itertools
from multiprocessing import parent_process
import os
from pathlib import Path
import signal
import sys
import time

import cv2
import numpy as np
from torch.multiprocessing import spawn

from training.scenes.scene import render_scene, StereoSample
from training.scenes.stream import largest, solid_frames
from training.scenes.three_d.renderer import Renderer

# Height and width, and relative frequency.
SIZES = {(480, 640): 30, (320, 640): 25, (384, 512): 20, (256, 832): 10, (512, 512): 10}
LAYERED = 0.1  # share of pairs that are layered scenes
STEPS = 64  # per pixel of disparity
REREAD = 30  # seconds until the folder is listed again


@dataclass(frozen=True)
class Pair:
    """A rendered pair without faults; `infrared`: both cameras see infrared light."""

    scene: StereoSample
    infrared: bool


def write_pair(folder: Path, number: int, pair: Pair) -> Path:
    """Write a pair; its file appears in the folder once it is complete."""
    scene = pair.scene
    height, width = scene.disparity.shape
    path = folder / f'{height}x{width}_{number:08}.npz'
    partial = path.with_suffix('.partial')
    steps = [
        np.clip(np.rint(STEPS * x), 0, 65535).astype(np.uint16)
        for x in (scene.disparity, scene.disparity_right)
    ]
    with partial.open('wb') as file:
        # Uncompressed, so that reading is fast.
        np.savez(
            file,
            left=scene.left,
            right=scene.right,
            disparity=steps[0],
            disparity_right=steps[1],
            infrared=pair.infrared,
        )
    os.replace(partial, path)
    return path


def read_pair(path: Path) -> Pair:
    """
    Read a pair.

    :raises FileNotFoundError: if a newer pair has replaced it
    """
    with np.load(path) as file:
        disparities = (file[name] / np.float32(STEPS) for name in ('disparity', 'disparity_right'))
        scene = StereoSample(file['left'], file['right'], *disparities)
        return Pair(scene, bool(file['infrared']))


class Pool:
    """
    The pairs in a folder, which may change while training runs.

    :raises ValueError: if there are none
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._list()
        if not self._paths:
            raise ValueError(f'{folder} has no pairs: run python -m training.pool {folder}')

    def _list(self) -> None:
        self._paths = sorted(self.folder.glob('*x*_*.npz'))
        self._sizes = np.array([_size(path) for path in self._paths])
        self._listed = time.monotonic()

    def draw(self, rng: np.random.Generator, height: int, width: int) -> Pair:
        """
        Return a random pair of at least this size.

        :raises ValueError: if there is none
        """
        if time.monotonic() - self._listed > REREAD:
            self._list()
        while True:
            (fitting,) = np.nonzero((self._sizes >= (height, width)).all(axis=1))
            if not fitting.size:
                raise ValueError(f'{self.folder} has no pair of at least {height}x{width}')
            try:
                return read_pair(self._paths[rng.choice(fitting)])
            except FileNotFoundError:
                self._list()


def _size(path: Path) -> tuple[int, int]:
    height, width = path.name.partition('_')[0].split('x')
    return int(height), int(width)


def pairs(first: int, step: int = 1, layered: float = LAYERED) -> Iterator[tuple[int, Pair]]:
    """
    Render endless pairs.

    :param first: number of the first pair, which seeds it
    :param step: difference between the numbers
    :param layered: share of layered scenes; the others need OpenGL
    :returns: numbers and pairs
    """
    cv2.setNumThreads(1)
    renderers: dict[tuple[int, int], Renderer] = {}
    sizes, shares = list(SIZES), np.array(list(SIZES.values()))
    for number in itertools.count(first, step):
        rng = np.random.default_rng((2028, number))
        height, width = size = sizes[rng.choice(len(sizes), p=shares / shares.sum())]
        if rng.random() < layered:
            yield number, Pair(render_scene(rng, height, width, largest(rng, width)), False)
            continue
        if size not in renderers:
            renderers[size] = Renderer(height, width)
        (scene,), infrared = solid_frames(rng, renderers[size], [0.0])
        yield number, Pair(scene, infrared)


def fill(folder: Path, first: int, step: int, max_bytes: float, count: float) -> None:
    """
    Write pairs to a folder as long as the parent process lives.

    :param first: see `pairs`
    :param step: see `pairs`
    :param max_bytes: size of the pool; the oldest pairs are deleted beyond it
    :param count: number of pairs to write
    """
    parent = parent_process()
    for written, (number, pair) in enumerate(pairs(first, step)):
        if written >= count or (parent and not parent.is_alive()):
            break
        write_pair(folder, number, pair)
        if written % 16 == 0:
            _shrink(folder, max_bytes)


def _fill(index: int, folder: Path, first: int, step: int, max_bytes: float, count: float) -> None:
    fill(folder, first + index, step, max_bytes, count)


def _shrink(folder: Path, max_bytes: float) -> None:
    files = []
    for path in folder.glob('*.npz'):
        try:
            status = path.stat()
        except FileNotFoundError:  # another process has deleted it
            continue
        files.append((status.st_mtime_ns, status.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= max_bytes:
            break
        path.unlink(missing_ok=True)
        total -= size


def main() -> None:
    """Render until stopped."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('folder', type=Path, help='outside the repository')
    parser.add_argument('--gigabytes', type=float, default=20)
    parser.add_argument('--pairs', type=float, default=float('inf'), help='pairs to write')
    parser.add_argument('--first', type=int, help='number of the first pair; default: the next')
    parser.add_argument('--processes', type=int, default=1)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    first = arguments.first
    if first is None:
        numbers = [int(path.stem.partition('_')[2]) for path in arguments.folder.glob('*x*_*.npz')]
        first = max(numbers, default=-1) + 1
    count = arguments.pairs / arguments.processes
    options = first, arguments.processes, 1e9 * arguments.gigabytes, count
    # On a regular exit, this process ends the others.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # Spawned processes, since each needs its own OpenGL context.
    spawn(_fill, (arguments.folder, *options), arguments.processes, daemon=True)


if __name__ == '__main__':
    main()
