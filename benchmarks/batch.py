# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Many pairs by `crestereo batch`, beside a shell loop and beside bare inferences.

    make benchmark-batch ARGS='--pairs 40 --rounds 3'

The program prints two tables in Markdown. The first has the time of all pairs by each way, the
median over rounds in which the ways take turns, from the start of the command to its end. The
clusters are running before. The two nodes of the second have half of the cores each. The bare
inferences are those of a model that is loaded, without reading and writing, first with all cores
for each pair, then with a process and a pair for each core. `crestereo` refines and checks every
disparity, so the last row is what it cannot do without. The second table has what one pair takes
on one core, for estimates.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
import logging
from multiprocessing import get_context
import os
from pathlib import Path
import shutil
import subprocess
import sys
from tempfile import TemporaryDirectory
from time import perf_counter

import cv2
import numpy as np

from crestereo_ros.batch.entries import SourceEntry
from crestereo_ros.commands.batch import add_parser
from crestereo_ros.commands.batch.results import FILE_OUTPUTS, options_for
from crestereo_ros.commands.depth.command import make_job
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.matching.resolution import FAST, RESOLUTION_WORDS
from crestereo_ros.models.model_files import DEFAULT_MODEL
from crestereo_ros.pipeline import DepthPipeline, DepthSettings, RectifiedPair

DATA = Path(__file__).parents[1] / 'demo' / 'data'
SIZE = 480, 640
SIDES = 'left', 'right'
CORES = len(os.sched_getaffinity(0))
ADDRESSES = (f'127.0.0.{number}' for number in count(2))  # of loopback, one for each node


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description='Compare ways to do many pairs of 480x640.')
    parser.add_argument('--pairs', type=int, default=40)
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--model', default=DEFAULT_MODEL)
    parser.add_argument('--resolution', choices=RESOLUTION_WORDS, default=FAST)
    arguments = parser.parse_args()
    # Not longer: the paths of Ray's sockets in it have at most 107 characters.
    with TemporaryDirectory(prefix='ray') as folder:
        os.environ['RAY_TMPDIR'] = folder
        pairs = write_pairs(Path(folder), arguments.pairs)
        options = ('--model', arguments.model, '--resolution', arguments.resolution)
        compare(arguments, pairs, options, Path(folder) / 'out')
        take_apart(arguments, pairs[0], options, Path(folder) / 'parts')


def demo_pair() -> list[np.ndarray]:
    """Return the views of the demo's pair."""
    images = (cv2.imread(str(DATA / f'{side}.png')) for side in SIDES)
    return [cv2.resize(np.asarray(image), SIZE[::-1]) for image in images]


def write_pairs(folder: Path, number: int) -> list[Path]:
    """Write the demo's pair so often, and return the folders."""
    images = demo_pair()
    pairs = [folder / 'pairs' / f'{each:04d}' for each in range(number)]
    for pair in pairs:
        pair.mkdir(parents=True)
        for side, image in zip(SIDES, images, strict=True):
            cv2.imwrite(str(pair / f'{side}.png'), image)
    return pairs


def compare(
    arguments: argparse.Namespace, pairs: list[Path], options: tuple[str, ...], out: Path
) -> None:
    """Print how long all pairs take by each way."""
    batch = 'batch', str(pairs[0].parent), '--output', str(out), '--disparity', *options
    bare = partial(seconds_of_inferences, arguments.model, arguments.resolution)
    with nodes(CORES) as one, nodes(CORES - CORES // 2, CORES // 2) as two:
        ways: dict[str, Callable[[], float]] = {
            'a shell loop of `crestereo depth`': partial(loop, pairs, options, out),
            '`crestereo batch`': partial(crestereo, *batch),
            '`--ray`, one node': partial(crestereo, *batch, '--ray', one),
            '`--ray`, two nodes': partial(crestereo, *batch, '--ray', two),
            'bare inferences, all cores a pair': partial(bare, CORES, len(pairs)),
            'bare inferences, a core a pair': partial(seconds_in_processes, bare, len(pairs)),
            'these, refined and checked': partial(
                seconds_in_processes, partial(bare, whole=True), len(pairs)
            ),
        }
        times = np.empty((arguments.rounds, len(ways)))
        for taken in times:
            for number, way in enumerate(ways.values()):
                shutil.rmtree(out, ignore_errors=True)
                out.mkdir()
                taken[number] = way()
    seconds = np.median(times, axis=0)
    print_head(
        f'{len(pairs)} pairs of {SIZE[0]}x{SIZE[1]} at `{arguments.resolution}` by '
        f'{arguments.model} on {CORES} cores, median of {arguments.rounds} rounds',
        *('Way', 'Time', 'A pair', 'Of the loop', 'Of bare inferences'),
    )
    for name, value in zip(ways, seconds, strict=True):
        print_row(
            name,
            f'{value:.1f} s',
            f'{1e3 * value / len(pairs):.0f} ms',
            f'{value / seconds[0]:.2f}',
            f'{value / min(seconds[4:6]):.2f}',
        )


@contextmanager
def nodes(*cores: int) -> Iterator[str]:
    """Start a cluster whose nodes have so many cores, and give its address."""
    from ray.cluster_utils import Cluster

    logging.getLogger('ray').setLevel(logging.ERROR)
    cluster = Cluster()
    for number in cores:
        options = {'num_cpus': number, 'include_dashboard': False}
        cluster.add_node(node_ip_address=next(ADDRESSES), **options)
    try:
        yield cluster.address
    finally:
        cluster.shutdown()


def crestereo(*arguments: str) -> float:
    """Return how long a command takes."""
    command = [sys.executable, '-m', 'crestereo_ros.commands.main', *arguments]
    begin = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - begin


def loop(pairs: list[Path], options: tuple[str, ...], out: Path) -> float:
    """Return how long a command for each pair takes, one after another."""
    seconds = 0.0
    for pair in pairs:
        sides = (str(pair / f'{side}.png') for side in SIDES)
        file = str(out / f'{pair.name}.npy')
        seconds += crestereo('depth', *sides, *options, '--disparity', file)
    return seconds


def seconds_of_inferences(
    model: str, resolution: str, threads: int, pairs: int, whole: bool = False
) -> float:
    """
    Return the time of inferences with a model that has been used once.

    :param whole: whether results are refined and checked as well
    """
    cv2.setNumThreads(threads)
    matcher = StereoMatcher(model, threads=threads)
    pipeline = DepthPipeline(matcher, DepthSettings(resolution=resolution))
    left, right = demo_pair()

    def match() -> None:
        if whole:
            pipeline.process(RectifiedPair(left, right)).disparity  # noqa: B018
        else:
            matcher.match(left, right, resolution=resolution)

    match()
    begin = perf_counter()
    for _ in range(pairs):
        match()
    return perf_counter() - begin


def seconds_in_processes(bare: Callable[[int, int], float], pairs: int) -> float:
    """Return the time of inferences that are shared by a process for each core."""
    shares = [pairs // CORES + (number < pairs % CORES) for number in range(CORES)]
    with get_context('spawn').Pool(CORES) as pool:
        return max(pool.starmap(bare, [(1, share) for share in shares], chunksize=1))


def take_apart(
    arguments: argparse.Namespace, pair: Path, options: tuple[str, ...], folder: Path
) -> None:
    """Print what one pair takes on one core."""
    cv2.setNumThreads(1)
    folder.mkdir()
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    words = [f'--{output.name}' for output in FILE_OUTPUTS]
    calibration = '--calibration', str(DATA / 'left.yaml'), str(DATA / 'right.yaml')
    line = ['batch', 'none', '--output', 'none', *words, *options, *calibration, '--threads', '1']
    left, right = (str(pair / f'{side}.png') for side in SIDES)
    chosen = options_for(
        parser.parse_args(line), SourceEntry(left, right), FILE_OUTPUTS, folder, is_one=True
    )
    matcher = StereoMatcher(arguments.model, threads=1)
    reading, matching = [], []
    for _ in range(5):
        begin = perf_counter()
        job = make_job(chosen, [], matcher)
        ((_, views),) = job.pairs()
        read = perf_counter()
        job.pipeline.process(views).disparity  # noqa: B018
        reading.append(read - begin)
        matching.append(perf_counter() - read)
    print_head('One pair on one core', 'Step', 'Time', 'Size')
    print_row(
        'open, read and decode two PNGs',
        f'{1e3 * np.median(reading):.1f} ms',
        f'{sum(os.path.getsize(path) for path in (left, right))} bytes',
    )
    print_row('match, refine, check', f'{1e3 * np.median(matching):.1f} ms', '')
    (matched,) = job.results()
    matched.result.disparity  # noqa: B018 - not in the time of the first output
    for kind in FILE_OUTPUTS:
        output = kind(chosen)
        output.check(job.source)
        begin = perf_counter()
        with output:
            output.write(matched)
        seconds = perf_counter() - begin
        place = getattr(chosen, kind.name)
        size = sum(x.stat().st_size for x in (place, *place.rglob('*')) if x.is_file())
        print_row(f'write `--{kind.name}`', f'{1e3 * seconds:.1f} ms', f'{size} bytes')


if __name__ == '__main__':
    main()
