# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Measures matches on an NVIDIA GPU by provider, precision, size and number of updates.

    make benchmark-gpu ARGS='--rounds 20'

The program prints tables in Markdown for the included network and for one with the published
widths: with the largest difference from float32 on the CPU, and with and without keeping the
outputs of a pass on the GPU (I/O binding). The weights of the published widths are random: times
do not depend on them, and the results have no meaning. Without a GPU, the program says so and ends
with 3.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
import math
from pathlib import Path
import sys
import tempfile

import cv2
import numpy as np
import onnx

from crestereo_ros.errors import CrestereoError
from crestereo_ros.evaluation.table import print_head, print_row
from crestereo_ros.evaluation.timing import medians
from crestereo_ros.matching import available_providers, StereoMatcher
from crestereo_ros.network import Float16, Float32
from crestereo_ros.providers.engine import NVIDIA
from crestereo_ros.providers.libraries import driver_and_gpus
from crestereo_ros.providers.runtime import onnxruntime
from crestereo_ros.providers.session_runner import BoundRunner, PlainRunner
from crestereo_ros.weights.parameters import parameter_shapes
from training.zoo_model import build_zoo_model

NO_GPU = 3  # exit code
NEITHER = 'No usable NVIDIA GPU'
SIZES = (240, 320), (480, 640), (720, 1280)  # height, width
ITERATIONS = 2, 5, 10
# How to run each file: provider, precision, number format of the file, CUDA graph.
WAYS = (
    ('cuda', 'fp32', 'fp32', False),
    ('cuda', '', 'fp32', False),  # TF32
    ('cuda', '', 'fp32', True),
    ('cuda', '', 'fp16', False),
    ('cuda', '', 'fp16', True),
    ('tensorrt', 'fp32', 'fp32', False),
    ('tensorrt', '', 'fp32', True),
    ('tensorrt', 'fp16', 'fp32', False),
    ('tensorrt', 'fp16', 'fp32', True),
)
# Whether a pass reads the previous one from the GPU. TensorRT runs all passes as one graph.
BINDINGS = {'cuda': (True, False), 'tensorrt': (True,)}
FORMATS = {'fp32': Float32, 'fp16': Float16}


def why_no_gpu() -> str:
    """Return why no GPU can be used, empty if one can."""
    if not set(NVIDIA) & set(available_providers()):
        return (
            f'{NEITHER}: the installed ONNX Runtime has neither CUDA nor TensorRT; install '
            'onnxruntime-gpu instead of onnxruntime'
        )
    try:
        StereoMatcher(provider='cuda')
    except CrestereoError as error:
        return f'{NEITHER}: {error}'
    return ''


def random_weights() -> dict[str, np.ndarray]:
    """Make random weights with the published widths."""
    numbers = np.random.default_rng(0)
    return {
        name: (numbers.standard_normal(shape) * (2 / math.prod(shape[1:])) ** 0.5 / 2).astype(
            np.float32
        )
        for name, shape in parameter_shapes({}).items()
    }


def pair(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Make a pair of smooth noise, uint8 (H, W, 3), with a disparity of eight pixels."""
    noise = np.random.default_rng(0).integers(0, 255, (height // 4, width // 4, 3), np.uint8)
    scene = cv2.resize(noise, (width + 8, height), interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(scene[:, :-8]), np.ascontiguousarray(scene[:, 8:])


def unbound(matcher: StereoMatcher) -> StereoMatcher:
    """Make a matcher pass NumPy arrays in and out of each run."""
    runner = matcher._graph.run_once
    if isinstance(runner, BoundRunner):
        plain = PlainRunner(runner._session, runner._outputs)
        matcher._graph = matcher._graph._replace(run_once=plain)
    return matcher


def files(folder: Path, published: bool) -> Iterator[tuple[tuple[int, int], int, dict[str, Path]]]:
    """Yield size, updates, and files of one size in each of `FORMATS`."""
    weights = random_weights()
    for height, width in SIZES:
        for iterations in ITERATIONS:
            paths = {}
            for name, arithmetic in FORMATS.items():
                paths[name] = folder / f'{name}_iter{iterations}_{height}x{width}.onnx'
                model = build_zoo_model(
                    weights,
                    kind='combined',
                    height=height,
                    width=width,
                    iterations=iterations,
                    sign_flips=published,
                    arithmetic=arithmetic(),
                )
                onnx.save(model, paths[name])
            yield (height, width), iterations, paths
            for path in paths.values():
                path.unlink()


def print_fixed(rounds: int, ways: list[tuple[str, str, str, bool]]) -> None:
    """Print the table of files of one size."""
    print_head(
        '**Published widths, files of one size**, ms; in brackets the largest difference from '
        'float32 on the CPU, as a share of the largest value',
        'Size',
        'Updates',
        *(
            f'{provider}, {precision or "TF32"}, file {numbers}' + ', CUDA graph' * graph
            for provider, precision, numbers, graph in ways
        ),
    )
    with tempfile.TemporaryDirectory() as folder:
        for (height, width), iterations, paths in files(Path(folder), published=True):
            left, right = pair(height, width)
            expected = StereoMatcher(str(paths['fp32']), 'cpu').match(left, right).disparity
            cells = [
                cell(paths[numbers], provider, precision, graph, (left, right), expected, rounds)
                for provider, precision, numbers, graph in ways
            ]
            print_row(f'{height}x{width}', iterations, *cells)


def cell(
    path: Path,
    provider: str,
    precision: str,
    graph: bool,
    images: tuple[np.ndarray, np.ndarray],
    expected: np.ndarray,
    rounds: int,
) -> str:
    """Return the time and difference of a file, or that it fails."""
    try:
        matcher = StereoMatcher(str(path), provider, precision=precision, cuda_graph=graph)
        found = matcher.match(*images).disparity
        (time,) = medians(partial(matcher.match, *images), rounds=rounds)
    except CrestereoError as error:
        print(f'{path.name} on {provider}: {error}', file=sys.stderr)
        return 'fails'
    difference = np.abs(found - expected).max() / np.abs(expected).max()
    return f'{time:.1f} ({difference:.1e})'


def print_included(rounds: int, providers: list[str]) -> None:
    """Print the table of the included network, with and without I/O binding."""
    print_head(
        '**Included network**, ms; in brackets the 99th percentile of the differences from '
        'float32 on the CPU, px',
        'Size',
        'Updates',
        *(
            f'{model}, {provider}, {"bound" if bound else "through NumPy"}'
            for provider in providers
            for model in ('fp32', 'fp16')
            for bound in BINDINGS[provider]
        ),
    )
    names = {'fp32': 'crestereo_compact', 'fp16': 'crestereo_compact_fp16'}
    reference = StereoMatcher(provider='cpu')
    for size in SIZES:
        images = pair(*size)
        for iterations in ITERATIONS:
            expected = reference.match(*images, iterations, size).disparity
            cells = []
            for provider in providers:
                for model in names.values():
                    matchers = [
                        matcher if bound else unbound(matcher)
                        for bound in BINDINGS[provider]
                        for matcher in [StereoMatcher(model, provider, wait=True)]
                    ]
                    times = medians(
                        *(partial(x.match, *images, iterations, size) for x in matchers),
                        rounds=rounds,
                    )
                    found = matchers[0].match(*images, iterations, size).disparity
                    difference = np.quantile(np.abs(found - expected), 0.99)
                    cells += [f'{time:.1f} ({difference:.1e})' for time in times]
            print_row('{}x{}'.format(*size), iterations, *cells)


def main() -> int:
    """Print the tables, and return the exit code."""
    parser = argparse.ArgumentParser(description='Measure on an NVIDIA GPU.')
    parser.add_argument('--rounds', type=int, default=20, help='how often each match is timed')
    arguments = parser.parse_args()
    reason = why_no_gpu()
    if reason:
        print(reason, file=sys.stderr)
        return NO_GPU
    providers = [name for name in NVIDIA if name in available_providers()]
    try:
        StereoMatcher(provider='tensorrt')
    except CrestereoError as error:
        print(f'Without TensorRT: {error}', file=sys.stderr)
        providers = ['cuda']
    print(f'ONNX Runtime {onnxruntime.__version__}; {driver_and_gpus()}')
    print_included(arguments.rounds, providers)
    print_fixed(arguments.rounds, [way for way in WAYS if way[0] in providers])
    return 0


if __name__ == '__main__':
    sys.exit(main())
