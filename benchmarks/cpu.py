# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Measures ONNX Runtime's settings for the CPU, and the parts of a match other than the network.

    make benchmark-cpu ARGS='--rounds 9'

The program prints tables in Markdown. Each setting takes turns with the package's own, so that the
ratio holds on a machine with other work, too. The measurement is repeated next to a process that
keeps one core busy with pictures, like the driver of a camera. The program also measures how much
that process gets done.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
import multiprocessing
from multiprocessing.sharedctypes import Synchronized
import os
from pathlib import Path
import re
import subprocess
import sys
import time

import cv2
import numpy as np
import onnxruntime

from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.matching import StereoMatcher
from crestereo_ros.models.contracts import contract_of
from crestereo_ros.models.model_files import find_model
from crestereo_ros.models.tensors import Planes
from crestereo_ros.providers.session_runner import BoundRunner, PlainRunner

SIZES = ((240, 320, 2), (480, 640, 2))  # height, width, iterations


@dataclass(frozen=True)
class Setting:
    """How to open and run a session. The defaults are the package's."""

    name: str
    threads: int = 0
    spinning: bool = False
    arena: bool = True
    pattern: bool = False
    bound: bool = False

    def open(self, path: Path) -> Callable[[np.ndarray, np.ndarray, int], Planes]:
        """Open a model file and return a function that matches float32 (H, W, 3) images."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.enable_cpu_mem_arena = self.arena
        options.enable_mem_pattern = self.pattern
        spinning = str(int(self.spinning))
        options.add_session_config_entry('session.intra_op.allow_spinning', spinning)
        session = onnxruntime.InferenceSession(
            str(path), options, providers=['CPUExecutionProvider']
        )
        contract = contract_of(session, path)
        runner = (
            BoundRunner(session, contract.outputs, 'cpu')
            if self.bound
            else PlainRunner(session, contract.outputs)
        )
        run_options = onnxruntime.RunOptions()

        def run(left: np.ndarray, right: np.ndarray, iterations: int) -> Planes:
            return contract.run(
                lambda inputs: runner(inputs, run_options), left, right, iterations, None
            )

        return run


SETTINGS = (
    Setting("the package's"),
    Setting('1 thread', threads=1),
    Setting('spinning', spinning=True),
    Setting('1 thread, spinning', threads=1, spinning=True),
    Setting('no arena', arena=False),
    Setting('memory pattern', pattern=True),
    Setting('memory pattern, no arena', arena=False, pattern=True),
    Setting('I/O binding', bound=True),
)


def work(done: Synchronized[int]) -> None:
    """Decode and encode pictures endlessly, and count them."""
    cv2.setNumThreads(1)
    noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    _, content = cv2.imencode('.jpg', cv2.resize(noise, (640, 480)))
    while True:
        cv2.imencode('.jpg', np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR)))
        done.value += 1


@contextmanager
def busy_process() -> Iterator[Callable[[], int]]:
    """Run a process that keeps a core busy; give a function that returns its count."""
    context = multiprocessing.get_context('spawn')
    done = context.Value('q', 0)
    process = context.Process(target=work, args=(done,), daemon=True)
    process.start()
    try:
        while done.value == 0:
            time.sleep(0.05)
        yield lambda: done.value
    finally:
        process.terminate()
        process.join()


def pair(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Make a pair of noise, float32 (H, W, 3), with a disparity of eight pixels."""
    noise = np.random.default_rng(0).uniform(0, 255, (height // 4, width // 4 + 2, 3))
    scene = cv2.resize(noise, (width + 8, height)).astype(np.float32)
    return np.ascontiguousarray(scene[:, :-8]), np.ascontiguousarray(scene[:, 8:])


def ratios(path: Path, rounds: int, done: Callable[[], int]) -> list[tuple[float, float]]:
    """
    Time every setting in turns. The shortest time counts, because it is the least disturbed.

    :param done: returns how much another process has done
    :returns: for each of `SETTINGS`, at each of `SIZES`: the time as a multiple of the first
        setting's, and the work of the other process in a second as a multiple
    """
    runs = [setting.open(path) for setting in SETTINGS]
    found: list[tuple[float, float]] = []
    for height, width, iterations in SIZES:
        left, right = pair(height, width)
        times, works = np.zeros((2, rounds, len(runs)))
        for turn in range(-1, rounds):
            for index, run in enumerate(runs):
                before, start = done(), time.perf_counter()
                run(left, right, iterations)
                times[turn, index] = time.perf_counter() - start
                works[turn, index] = (done() - before) / times[turn, index]
        rate = np.median(works, axis=0)
        found += zip(times.min(axis=0) / times[:, 0].min(), rate / max(rate[0], 1e-9), strict=True)
    return found


def print_settings(path: Path, rounds: int) -> None:
    """Print the table of settings."""
    columns = [f'{height}x{width}' for height, width, _ in SIZES]
    print_head(
        f'**Settings of ONNX Runtime {onnxruntime.__version__}**, {os.cpu_count()} cores, time '
        "as a multiple of the package's setting; in brackets what the busy process gets done",
        'Setting',
        *columns,
        *(f'{column} beside a busy core' for column in columns),
        'Memory',
    )
    alone = ratios(path, rounds, lambda: 0)
    with busy_process() as done:
        beside = ratios(path, rounds, done)
    count = len(SETTINGS)
    for index, setting in enumerate(SETTINGS):
        print_row(
            setting.name,
            *(f'{x:.2f}' for x, _ in alone[index::count]),
            *(f'{x:.2f} ({y:.2f})' for x, y in beside[index::count]),
            f'{memory(path, index)} MB',
        )


def memory(path: Path, index: int) -> int:
    """Return the peak memory in MB of a process that matches at all of `SIZES`."""
    options = '--memory', str(index), '--model', str(path)
    command = [sys.executable, '-m', 'benchmarks.cpu', *options]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def print_memory(path: Path, setting: Setting) -> None:
    run = setting.open(path)
    for height, width, iterations in (*SIZES, *SIZES):
        run(*pair(height, width), iterations)
    # Not `ru_maxrss`, which processes inherit.
    peak = re.search(r'VmHWM:\s*(\d+)', Path('/proc/self/status').read_text())
    print(int(peak[1]) // 1024 if peak else 0)


def print_own_time(path: Path, rounds: int) -> None:
    """Print the median times of the parts of a match."""
    parts = ('match', '_infer', 'to_network', 'resize_aligned', 'from_network')
    print_head(
        '**Beside the network**, milliseconds; the images are 480x640',
        'Resolution',
        'Match',
        'Network',
        'To the network',
        'Half sizes',
        'From the network',
        'Beside',
    )
    matcher = StereoMatcher(str(path), 'cpu')
    left, right = (x.astype(np.uint8) for x in pair(480, 640))
    for height, width, iterations in SIZES:
        times = defaultdict(list)
        for turn in range(rounds + 1):
            spent: dict[str, float] = defaultdict(float)
            with timed(matcher, spent):
                start = time.perf_counter()
                matcher.match(left, right, iterations, (height, width))
                spent['match'] = time.perf_counter() - start
            if turn:
                for name, seconds in spent.items():
                    times[name].append(1e3 * seconds)
        median = {name: float(np.median(x)) for name, x in times.items()}
        beside = 1 - median['_infer'] / median['match']
        print_row(
            f'{height}x{width}',
            *(f'{median[name]:.1f}' for name in parts),
            f'{beside:.0%}',
        )


@contextmanager
def timed(matcher: StereoMatcher, spent: dict[str, float]) -> Iterator[None]:
    """Add up the seconds of the parts of a match, by function name."""
    from crestereo_ros.matching import matcher as module
    from crestereo_ros.models import contracts

    def measured(name: str, call: Callable, *arguments: object) -> object:
        start = time.perf_counter()
        result = call(*arguments)
        spent[name] += time.perf_counter() - start
        return result

    places = [
        (matcher, '_infer'),
        (module, 'to_network'),
        (contracts, 'resize_aligned'),
        (module, 'from_network'),
    ]
    originals = [getattr(*place) for place in places]
    for (place, name), original in zip(places, originals, strict=True):
        setattr(place, name, partial(measured, name, original))
    try:
        yield
    finally:
        for (place, name), original in zip(places, originals, strict=True):
            setattr(place, name, original)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description='Measure the settings for the CPU.')
    parser.add_argument('--model', default='')
    parser.add_argument('--rounds', type=int, default=7, help='how often each setting is timed')
    parser.add_argument('--memory', type=int, help=argparse.SUPPRESS)  # of one setting
    arguments = parser.parse_args()
    path = find_model(arguments.model)
    if arguments.memory is not None:
        print_memory(path, SETTINGS[arguments.memory])
        return
    print_settings(path, arguments.rounds)
    print_own_time(path, 3 * arguments.rounds)


if __name__ == '__main__':
    main()
