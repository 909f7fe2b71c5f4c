# Copyright 2026 crestereo_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""
Print how good and how fast the shipped model is, beside OpenCV's SGBM.

    python -m training.evaluate
"""

import argparse
import time

import cv2
import numpy as np

from crestereo_ros.matching import StereoMatcher
from training.evaluation import sgbm
from training.evaluation.measures import bad, end_point_error
from training.evaluation.pairs import all_pairs

THREADS = 2


def seconds(function, repeats=3):
    """Return a function's result and its median time, after one call to warm up."""
    result = function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return result, float(np.median(times))


def row(pair, method, resolution, iterations, match):
    """Measure one way to match one pair and print it as a line of the table."""
    disparity, took = seconds(match)
    size = f'{resolution[0]}x{resolution[1]}'
    print(
        f'| {pair.name} | {method} | {size} | {iterations or "-"} '
        f'| {end_point_error(disparity, pair.truth):.2f} '
        f'| {100 * bad(disparity, pair.truth):.1f} | {1000 * took:.0f} |',
        flush=True,
    )


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--model', default='', help='name or path; the shipped default if none')
    parser.add_argument('--iterations', type=int, nargs='+', default=(4, 8, 16, 32))
    arguments = parser.parse_args()

    cv2.setNumThreads(THREADS)
    matcher = StereoMatcher(arguments.model, provider='cpu', threads=THREADS)
    print('| Pair | Method | Resolution | Iterations | EPE, px | bad-2.0, % | ms |')
    print('| --- | --- | --- | ---: | ---: | ---: | ---: |')
    for pair in all_pairs():
        full = pair.left.shape[:2]
        half = (full[0] // 2, full[1] // 2)
        largest = pair.truth[np.isfinite(pair.truth)].max()
        row(
            pair,
            'SGBM, filled',
            full,
            None,
            lambda p=pair, d=largest: sgbm.match(p.left, p.right, d),
        )
        for resolution in (half, full):
            for iterations in arguments.iterations:
                row(
                    pair,
                    'CREStereo',
                    resolution,
                    iterations,
                    lambda p=pair, i=iterations, r=resolution: matcher.match(
                        p.left, p.right, i, r
                    ),
                )


if __name__ == '__main__':
    main()
